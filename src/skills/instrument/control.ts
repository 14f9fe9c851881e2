/** The open constructs of a function body. */
import { LIMITS } from '../../protocol/limits';
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
}

export class Control {
  readonly #open: Construct[] = [];
  depth = 0;

  begin(type: FunctionType): void {
    this.depth = 0;
    this.enter(0x02, 0, 0, type.results.length, true, 0);
  }

  enter(opcode: number, height: number, params: number, results: number, outerLive: boolean, offset: number): void {
    if (this.depth >= LIMITS.skillNesting) throw overCap('nesting', this.depth + 1, LIMITS.skillNesting, offset);
    const construct = (this.#open[this.depth++] ??= { opcode, height, params, results, outerLive, targeted: false });
    construct.opcode = opcode;
    construct.height = height;
    construct.params = params;
    construct.results = results;
    construct.outerLive = outerLive;
    construct.targeted = false;
  }

  get top(): Construct {
    return this.#open[this.depth - 1]!;
  }

  leave(): Construct {
    return this.#open[--this.depth]!;
  }

  label(depth: number, offset: number): Construct {
    checkIndex('label', depth, this.depth, offset);
    return this.#open[this.depth - 1 - depth]!;
  }
}
