/** Statements that make NaNs by arithmetic, keep them in locals, and show their bits. */
import { i32 } from './bytes';
import type { Random } from './random';
import { F32, F64, V128 } from './random-ops';

/** Arithmetic of two operands by type: opcodes that leave a NaN of whatever bits the machine likes. */
const ARITHMETIC: Readonly<Record<number, readonly number[][]>> = {
  [F32]: range(0x92, 0x97, []),
  [F64]: range(0xa0, 0xa5, []),
  // Of four lanes and of two: bits that are a NaN in one are other numbers in the other.
  [V128]: [...range(0xe4, 0xe9, [0xfd]), ...range(0xf0, 0xf5, [0xfd])],
};
/** i32x4 to f32x4 and f64x2, signed and not: no NaN, but the bits of one may be a NaN in the other. */
const CONVERSIONS = [...range(0xfa, 0xfb, [0xfd]), ...range(0xfe, 0xff, [0xfd])];
const STORE: Readonly<Record<number, readonly number[]>> = { [F32]: [0x38], [F64]: [0x39], [V128]: [0xfd, 11] };
const LOAD: Readonly<Record<number, readonly number[]>> = { [F32]: [0x2a], [F64]: [0x2b], [V128]: [0xfd, 0] };

function range(first: number, last: number, prefix: readonly number[]): number[][] {
  return Array.from({ length: last - first + 1 }, (_, i) =>
    prefix.length === 0 ? [first + i] : [...prefix, (first + i) | 0x80, 1],
  );
}

/** Infinities, zeros, ones: infinity − infinity, 0 × infinity and 0 / 0 are NaNs. */
function constant(type: number, random: Random): number[] {
  const value = random.pick([Infinity, -Infinity, 0, 1]);
  if (type === F32) return [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
  if (type === F64) return [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];
  const lanes = Array.from({ length: 4 }, () => (random.once(2) ? value : random.pick([0, 1, Infinity])));
  return [0xfd, 12, ...(random.once(2) ? new Uint8Array(16) : new Uint8Array(Float32Array.from(lanes).buffer))];
}

/** v128.const of four words, large and small. */
function integers(random: Random): number[] {
  const words = Array.from({ length: 4 }, () => random.pick([0, 1, -1, 1 << 31, random.below(1 << 30)]));
  return [0xfd, 12, ...new Uint8Array(Int32Array.from(words).buffer)];
}

export class NumericLocals {
  private readonly random: Random;
  /** Index and type. */
  private readonly locals: (readonly [number, number])[];

  /** Every other local of floats that is no parameter. */
  constructor(random: Random, parameters: number, types: readonly number[]) {
    this.random = random;
    this.locals = types.flatMap((type, i) => (i >= parameters && i % 2 === 0 && type in ARITHMETIC ? [[i, type]] : []));
  }

  has(index: number): boolean {
    return this.locals.some(([local]) => local === index);
  }

  statement(): number[] {
    const { random } = this;
    if (this.locals.length === 0) return [];
    // NaNs with payloads, for the loads below.
    if (random.once(20)) return [...i32(random.below(8)), ...i32(-1 - random.below(1 << 21)), 0x36, 0, 0];
    const [index, type] = random.pick(this.locals);
    if (random.once(3)) return [...i32(4 * random.below(4_000)), ...this.value(type, 1), ...STORE[type]!, 0, 0];
    const kept = random.once(4) ? [0x22, index, 0x1a] : [0x21, index];
    // Bits from memory may be a NaN with a meaning of its own: they stay as they are.
    if (random.once(12)) return [...i32(random.below(8)), ...LOAD[type]!, 0, 0, ...kept];
    if (type === V128 && random.once(4)) return [...integers(random), ...random.pick(CONVERSIONS), ...kept];
    return [...this.value(type, random.below(3)), ...kept];
  }

  private value(type: number, depth: number): number[] {
    const { random } = this;
    const same = this.locals.filter(([, of]) => of === type);
    if (depth <= 0) return random.once(4) ? constant(type, random) : [0x20, random.pick(same)[0]];
    if (random.once(4)) return [0x20, random.pick(same)[0]];
    if (random.once(8)) return [...this.value(type, 0), ...this.value(type, 0), 0x41, random.below(2), 0x1b];
    return [...this.value(type, depth - 1), ...this.value(type, depth - 1), ...random.pick(ARITHMETIC[type]!)];
  }
}
