/** The operand stack of the code that can be reached: its height, and which slots are places of NanFlow. */
import { LIMITS } from '../../protocol/limits';
import { Ints } from './ints';
import * as LANES from './lanes';
import type { NanFlow } from './nan';
import { overCap } from './refuse';

/** Slots: a place from 1, UNKNOWN (any bits), or NUMERIC (a float that is no NaN, or the canonical one). */
export const UNKNOWN = 0;
export const NUMERIC = -1;

export class Operands {
  readonly #slots = new Ints();
  /** Height below which the current construct may not take; what is taken there was never put (invalid code). */
  floor = 0;
  highest = 0;
  readonly #nan: NanFlow;

  constructor(nan: NanFlow) {
    this.#nan = nan;
  }

  begin(): void {
    this.#slots.clear();
    this.floor = this.highest = 0;
  }

  get height(): number {
    return this.#slots.length;
  }

  cut(height: number): void {
    this.#slots.length = Math.min(this.#slots.length, height);
  }

  /** One at a time: a function’s size bounds how many. */
  push(slot: number): void {
    this.#slots.push(slot);
    if (this.#slots.length > this.highest) this.highest = this.#slots.length;
  }

  /** @param offset of the instruction, for the refusal */
  pushUnknown(count: number, offset: number): void {
    const height = this.#slots.length + count;
    if (height > LIMITS.skillOperands) throw overCap('operands', height, LIMITS.skillOperands, offset);
    for (let i = 0; i < count; i++) this.push(UNKNOWN);
  }

  pop(): number {
    if (this.#slots.length <= this.floor) return UNKNOWN;
    return this.#slots.at[--this.#slots.length]!;
  }

  /** Takes operands whose bits are seen. */
  see(count: number): void {
    this.take(count, LANES.none);
  }

  /** Takes operands blind to the NaN bits of `lanes`. */
  take(count: number, lanes: number): void {
    for (let i = 0; i < count; i++) {
      const slot = this.pop();
      if (slot > 0) this.#nan.take(slot, lanes);
    }
  }

  /** The topmost are handed to a label, and stay. */
  seeTop(count: number): void {
    const bottom = Math.max(this.floor, this.#slots.length - count);
    for (let i = this.#slots.length - 1; i >= bottom; i--) {
      const slot = this.#slots.at[i]!;
      if (slot > 0) this.#nan.see(slot);
    }
  }
}
