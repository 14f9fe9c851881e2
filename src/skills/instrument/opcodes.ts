/**
 * What an opcode takes and leaves, and what it does to NaNs. All that is not listed here or in `decode.ts` is refused.
 */

/** Kinds of float values that an operation may leave as a NaN of any bits. 0: it cannot. */
export const LANES = { none: 0, f32: 1, f64: 2, f32x4: 3, f64x2: 4, numeric: 5 } as const;

/** Operands taken; NONE: the opcode does not exist or has its own code in `decode.ts`. */
export const NONE = 255;

export interface Shapes {
  pops: Uint8Array;
  pushes: Uint8Array;
  /** Lanes of the result that may be NaNs of any bits; `numeric`: a float that never needs to be made canonical. */
  leaves: Uint8Array;
  /** Lanes of operands whose NaN bits cannot be seen through the operation; 0: they can. */
  blind: Uint8Array;
}

const empty = (): Shapes => ({
  pops: new Uint8Array(256).fill(NONE),
  pushes: new Uint8Array(256).fill(1),
  leaves: new Uint8Array(256),
  blind: new Uint8Array(256),
});

/** `from-to` or single opcodes, hex, separated by spaces. */
function fill(array: Uint8Array, ranges: string, value: number): void {
  for (const range of ranges.split(' ')) {
    const [first, last = first] = range.split('-');
    array.fill(value, parseInt(first!, 16), parseInt(last!, 16) + 1);
  }
}

/** One-byte numeric instructions without immediates: 0x45 (i32.eqz) to 0xc4 (i64.extend32_s). */
export const PLAIN = empty();
fill(PLAIN.pops, '45 50 67-69 79-7b 8b-91 99-9f a7-c4', 1);
fill(PLAIN.pops, '46-4f 51-66 6a-78 7c-8a 92-98 a0-a6', 2);
// ceil floor trunc nearest sqrt add sub mul div min max, demote; neg, abs and copysign keep a NaN's bits.
fill(PLAIN.leaves, '8d-97 b6', LANES.f32);
fill(PLAIN.leaves, '9b-a5 bb', LANES.f64);
fill(PLAIN.leaves, 'b2-b5 b7-ba', LANES.numeric);
// Comparisons, arithmetic, conversions to integers and between floats.
fill(PLAIN.blind, '5b-60 8d-97 a8-a9 ae-af bb', LANES.f32);
fill(PLAIN.blind, '61-66 9b-a5 aa-ab b0-b1 b6', LANES.f64);

/** Saturating conversions 0xfc 0 to 7. */
export const SATURATING_BLIND = [1, 1, 2, 2, 1, 1, 2, 2];

/** SIMD: by the number after 0xfd. */
export const SIMD = empty();
// v128.load…, const, splat, any_true, all_true, bitmask, unary arithmetic and conversions
fill(SIMD.pops, '0-a f-14 15-16 18-19 1b 1d 1f 21 4d 53 5c-5f 60-64 67-6a 74-75 7a 7c-81 83-84 87-8a', 1);
fill(SIMD.pops, '94 a0-a1 a3-a4 a7-aa c0-c1 c3-c4 c7-ca e0-e1 e3 ec-ed ef f8-ff', 1);
SIMD.pops[0x0c] = 0;
fill(SIMD.pops, 'b d-e 17 1a 1c 1e 20 22 23-4c 4e-51 54-5b 65-66 6b-73 76-79 7b 82 85-86 8b-93', 2);
fill(SIMD.pops, '95-99 9b-9f ab-ae b1 b5-ba bc-bf cb-ce d1 d5-df e4-eb f0-f7', 2);
SIMD.pops[0x52] = 3; // bitselect
fill(SIMD.pushes, 'b 58-5b', 0); // stores
// pmin and pmax hand on the bits of one operand: they are no arithmetic.
fill(SIMD.leaves, '5e 67-6a e3-e9', LANES.f32x4);
fill(SIMD.leaves, '5f 74-75 7a 94 ef-f5', LANES.f64x2);
fill(SIMD.leaves, 'fa-fb fe-ff', LANES.numeric);
fill(SIMD.blind, '41-46 5f 67-6a e3-e9 f8-f9', LANES.f32x4);
fill(SIMD.blind, '47-4c 5e 74-75 7a 94 ef-f5 fc-fd', LANES.f64x2);
