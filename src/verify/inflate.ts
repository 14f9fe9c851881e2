import { VerifyError } from './types';

/**
 * DEFLATE (RFC 1951), for input that may be hostile: the output has exactly the declared size, the input is used up to
 * its last byte, and every code is complete. The platform's inflaters bound neither, and some ignore trailing bytes.
 *
 * @throws VerifyError `bad_zip`.
 */
export function inflate(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  const bits = new BitReader(input);
  let at = 0;
  for (let last = false; !last;) {
    last = bits.take(1) === 1;
    const type = bits.take(2);
    if (type === 0) at = storedBlock(bits, out, at);
    else if (type === 1) at = block(bits, out, at, FIXED_LENGTHS, FIXED_DISTANCES);
    else if (type === 2) at = block(bits, out, at, ...dynamicCodes(bits));
    else bad('an unknown kind of block');
  }
  if (at !== size) bad('fewer bytes than it declares');
  if (!bits.atEnd()) bad('bytes after the end of its data');
  return out;
}

function bad(what: string): never {
  throw new VerifyError('bad_zip', `a deflated file holds ${what}`, { advice: 'Ask for the bundle again.' });
}

class BitReader {
  private at = 0;
  private hold = 0;
  private held = 0;
  constructor(private readonly input: Uint8Array) {}

  /** Makes at least `count` (at most 16) bits available, zeros past the end; returns the lowest 16 or more. */
  peek(count: number): number {
    while (this.held < count) {
      this.hold |= (this.input[this.at] ?? 0) << this.held;
      this.at += 1;
      this.held += 8;
    }
    return this.hold;
  }

  drop(count: number): void {
    this.hold >>>= count;
    this.held -= count;
    if (this.at - (this.held >> 3) > this.input.length) bad('no end');
  }

  take(count: number): number {
    const value = this.peek(count) & ((1 << count) - 1);
    this.drop(count);
    return value;
  }

  /** Skips to a byte boundary; the skipped bits are zero. */
  align(): void {
    if (this.take(this.held & 7) !== 0) bad('padding that is not zero');
  }

  bytes(count: number): Uint8Array {
    const start = this.at - (this.held >> 3);
    if (start + count > this.input.length) bad('no end');
    this.at = start + count;
    this.hold = 0;
    this.held = 0;
    return this.input.subarray(start, start + count);
  }

  atEnd(): boolean {
    this.align();
    return this.at - (this.held >> 3) === this.input.length;
  }
}

/** A canonical prefix code as a table: the next `width` bits give length << 12 | symbol; 0 is no code. */
interface Code {
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

function symbol(bits: BitReader, code: Code): number {
  const found = code.table[bits.peek(code.width) & (code.table.length - 1)]!;
  if (found === 0) bad('a code that stands for nothing');
  bits.drop(found >> 12);
  return found & 0xfff;
}

const FIXED_LENGTHS = makeCode(
  Uint8Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)),
  false,
);
const FIXED_DISTANCES = makeCode(new Uint8Array(32).fill(5), false);
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** RFC 1951, 3.2.7. */
function dynamicCodes(bits: BitReader): [Code, Code] {
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

function storedBlock(bits: BitReader, out: Uint8Array, at: number): number {
  bits.align();
  const length = bits.take(16);
  if ((length ^ bits.take(16)) !== 0xffff) bad('a stored block with a wrong length');
  if (at + length > out.length) bad('more bytes than it declares');
  out.set(bits.bytes(length), at);
  return at + length;
}

const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASE = bases(LENGTH_EXTRA.slice(0, 28), 3).concat(258);
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, n) => Math.max(0, (n >> 1) - 1));
const DISTANCE_BASE = bases(DISTANCE_EXTRA, 1);

function bases(extra: readonly number[], first: number): number[] {
  let base = first;
  return extra.map((bits) => (base += 1 << bits) - (1 << bits));
}

function block(bits: BitReader, out: Uint8Array, start: number, literals: Code, distances: Code): number {
  let at = start;
  for (;;) {
    const found = symbol(bits, literals);
    if (found === 256) return at;
    if (found < 256) {
      if (at === out.length) bad('more bytes than it declares');
      out[at++] = found;
      continue;
    }
    if (found > 285) bad('an unknown length');
    const length = LENGTH_BASE[found - 257]! + bits.take(LENGTH_EXTRA[found - 257]!);
    const code = symbol(bits, distances);
    if (code > 29) bad('an unknown distance');
    const distance = DISTANCE_BASE[code]! + bits.take(DISTANCE_EXTRA[code]!);
    if (distance > at) bad('a copy from before its start');
    if (at + length > out.length) bad('more bytes than it declares');
    for (const end = at + length; at < end; at++) out[at] = out[at - distance]!;
  }
}
