import * as LANES from './lanes';
import { F32, F64, V128 } from './module';
import type { Plan } from './plan';
import type { Writer } from './writer';

const F32_NAN = [0, 0, 0xc0, 0x7f];
const F64_NAN = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
/** By lanes: the type, and `<const canonical NaN>`; and the comparison of two values for equality. */
const CODE: readonly { type: number; constant: readonly number[]; equal: readonly number[] }[] = [
  { type: 0, constant: [], equal: [] },
  { type: F32, constant: [0x43, ...F32_NAN], equal: [0x5b] },
  { type: F64, constant: [0x44, ...F64_NAN], equal: [0x61] },
  { type: V128, constant: [0xfd, 12, ...F32_NAN, ...F32_NAN, ...F32_NAN, ...F32_NAN], equal: [0xfd, 0x41] },
  { type: V128, constant: [0xfd, 12, ...F64_NAN, ...F64_NAN], equal: [0xfd, 0x47] },
];

/** Writes what makes the NaN on top of the operand stack canonical: x = x ? x : NaN. */
export class Canonical {
  readonly #out: Writer;
  /** Reference mode: whatever an operation leaves, wherever it goes. */
  readonly #always: boolean;
  /** A local by type, or −1. */
  readonly #locals = new Map<number, number>();

  constructor(out: Writer, always: boolean) {
    this.#out = out;
    this.#always = always;
  }

  begin(plan: Plan, addLocal: (type: number) => number): void {
    this.#locals.clear();
    for (let place = 1; place <= plan.nan.places; place++) {
      const { type } = CODE[this.#lanes(plan, place)]!;
      if (type !== 0 && !this.#locals.has(type)) this.#locals.set(type, addLocal(type));
    }
  }

  #lanes(plan: Plan, place: number): number {
    return this.#always ? plan.nan.made(place) : plan.nan.fix(place);
  }

  place(plan: Plan, place: number): void {
    const lanes = this.#lanes(plan, place);
    if (lanes === LANES.none) return;
    const out = this.#out;
    const { type, constant, equal } = CODE[lanes]!;
    const local = this.#locals.get(type)!;
    out.op(0x22, local);
    out.u8(...constant);
    out.op(0x20, local);
    out.op(0x20, local);
    out.u8(...equal);
    if (type === V128)
      out.u8(0xfd, 0x52); // bitselect
    else out.u8(0x1b); // select
  }
}
