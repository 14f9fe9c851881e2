import { bad, type BitReader } from './inflate-bits';

/** A canonical prefix code as a table: the next `width` bits give length << 12 | symbol; 0 is no code. */
export interface Code {
  table: Uint16Array;
  width: number;
}

/** RFC 1951, 3.2.2. `lone`: a single code of one bit may stand alone (distances of a block with one or no match). */
function makeCode(lengths: Uint8Array, lone: boolean): Code {
  const count = new Uint16Array(16);
  for (const length of lengths) count[length]! += 1;
  count[0] = 0;
  let width = 15;
  while (width > 1 && count[width] === 0) width -= 1;
  let left = 1;
  const next = new Uint16Array(17);
  for (let n = 1; n <= 15; n++) {
    left = left * 2 - count[n]!;
    if (left < 0) bad('an impossible code');
    next[n + 1] = (next[n]! + count[n]!) << 1;
  }
  const used = lengths.length - lengths.filter((n) => n === 0).length;
  if (left > 0 && !(lone && (used === 0 || (used === 1 && count[1] === 1)))) bad('an incomplete code');
  return { table: fill(lengths, next, width), width };
}

function fill(lengths: Uint8Array, next: Uint16Array, width: number): Uint16Array {
  // A symbol (at most 287) and a length (at most 15) share 16 bits.
  const table = new Uint16Array(1 << width);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const code = next[length]!;
    next[length] = code + 1;
    for (let at = reverse(code, length); at < table.length; at += 1 << length) table[at] = (length << 12) | symbol;
  });
  return table;
}

function reverse(code: number, length: number): number {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
}

export function symbol(bits: BitReader, code: Code): number {
  const found = code.table[bits.peek(code.width) & (code.table.length - 1)]!;
  if (found === 0) bad('a code that stands for nothing');
  bits.drop(found >> 12);
  return found & 0xfff;
}

export const FIXED_LENGTHS = makeCode(
  Uint8Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)),
  false,
);
export const FIXED_DISTANCES = makeCode(new Uint8Array(32).fill(5), false);
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** RFC 1951, 3.2.7. */
export function dynamicCodes(bits: BitReader): [Code, Code] {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const codes = bits.take(4) + 4;
  if (literals > 286 || distances > 30) bad('too many codes');
  const small = new Uint8Array(19);
  for (let i = 0; i < codes; i++) small[CODE_ORDER[i]!] = bits.take(3);
  const lengths = codeLengths(bits, makeCode(small, false), literals + distances);
  if (lengths[256] === 0) bad('a block without an end');
  return [makeCode(lengths.subarray(0, literals), false), makeCode(lengths.subarray(literals), true)];
}

function codeLengths(bits: BitReader, code: Code, total: number): Uint8Array {
  const lengths = new Uint8Array(total);
  for (let at = 0; at < total;) {
    const found = symbol(bits, code);
    if (found < 16) {
      lengths[at++] = found;
      continue;
    }
    if (found === 16 && at === 0) bad('a repetition of nothing');
    const value = found === 16 ? lengths[at - 1]! : 0;
    const times = found === 16 ? 3 + bits.take(2) : found === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (at + times > total) bad('too many code lengths');
    lengths.fill(value, at, at + times);
    at += times;
  }
  return lengths;
}

export const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
export const LENGTH_BASE = bases(LENGTH_EXTRA.slice(0, 28), 3).concat(258);
export const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, n) => Math.max(0, (n >> 1) - 1));
export const DISTANCE_BASE = bases(DISTANCE_EXTRA, 1);

function bases(extra: readonly number[], first: number): number[] {
  let base = first;
  return extra.map((bits) => (base += 1 << bits) - (1 << bits));
}
