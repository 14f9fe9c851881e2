/** The open constructs of a function body. */
import { LIMITS } from '../../protocol/limits';
import type { Ints } from './ints';
import type { FunctionType } from './module';
import { checkIndex, overCap } from './refuse';

export interface Construct {
  /** 0x02 block (and the function itself), 0x03 loop, 0x04 if, 0x05 else */
  opcode: number;
  /** Height of the operand stack below its parameters. */
  height: number;
  params: number;
  results: number;
  /** Whether the code around it can be reached. */
  outerLive: boolean;
  /** Whether a reachable branch ends it. */
  targeted: boolean;
  /** Its number in the function, from 0 for the function itself. */
  id: number;
}

/** What emit.ts has to know of a construct: flags. It is a loop or stands in one; it has a call; it has an else. */
export const IN_LOOP = 1;
export const CALLS = 2;
export const HAS_ELSE = 4;
/** Bits of these above which it stands where the counter was at an `if`: flags as well. */
export const FLAGS = 3;
export const LOCAL = 1;
export const GLOBAL = 2;

export class Control {
  readonly #open: Construct[] = [];
  readonly #flags: Ints;
  depth = 0;

  /** @param flags of each construct by its number, to be written to */
  constructor(flags: Ints) {
    this.#flags = flags;
  }

  begin(type: FunctionType): void {
    this.depth = 0;
    this.enter(0x02, 0, 0, type.results.length, true, 0);
    this.calls();
  }

  enter(opcode: number, height: number, params: number, results: number, outerLive: boolean, offset: number): void {
    if (this.depth >= LIMITS.skillNesting) throw overCap('nesting', this.depth + 1, LIMITS.skillNesting, offset);
    const id = this.#flags.length;
    const around = this.depth > 0 ? this.#flags.at[this.top.id]! : 0;
    this.#flags.push(opcode === 0x03 ? IN_LOOP : around & IN_LOOP);
    this.#open[this.depth++] = { opcode, height, params, results, outerLive, targeted: false, id };
  }

  get top(): Construct {
    return this.#open[this.depth - 1]!;
  }

  /** There is a call: noted of all open constructs, up to one of which it is known. */
  calls(): void {
    const flags = this.#flags.at;
    for (let i = this.depth - 1; i >= 0 && !(flags[this.#open[i]!.id]! & CALLS); i--)
      flags[this.#open[i]!.id]! |= CALLS;
  }

  leave(): Construct {
    return this.#open[--this.depth]!;
  }

  label(depth: number, offset: number): Construct {
    checkIndex('label', depth, this.depth, offset);
    return this.#open[this.depth - 1 - depth]!;
  }
}
