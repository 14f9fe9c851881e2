import { fromUtf8 } from '../../crypto';
import { invalid } from './refuse';

/** Reads the binary format's primitives (WebAssembly core 2.0, §5.2) and never past `end`. */
export class ModuleReader {
  readonly bytes: Uint8Array;
  end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at === this.end;
  }

  u8(): number {
    if (this.at >= this.end) throw invalid('truncated', this.at);
    return this.bytes[this.at++]!;
  }

  /** Unsigned LEB128 of 32 bits: at most five bytes, and the fifth holds only four bits. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw invalid('leb', start);
  }

  /** Signed LEB128 of 33 bits, as block types have it; those beyond 32 bits name no type that could be there. */
  s33(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x1f && byte < 0x70) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte & 0x40 ? value - 2 ** (shift + 7) : value;
    }
    throw invalid('leb', start);
  }

  /** Skips a signed LEB128 of 32 or 64 bits: its last byte may only repeat the sign in the bits that are too many. */
  skipSigned(bits: 32 | 64): void {
    const start = this.at;
    const bytes = bits === 32 ? 5 : 10;
    for (let i = 1; i <= bytes; i++) {
      const byte = this.u8();
      if (byte >= 0x80) continue;
      const low = bits === 32 ? 0x07 : 0x00;
      if (i < bytes || byte <= low || (byte | low) === 0x7f) return;
      break;
    }
    throw invalid('leb', start);
  }

  /** A vector's length. Every element takes at least one byte, so a larger one is a lie told to make us allocate. */
  count(): number {
    const start = this.at;
    const count = this.u32();
    if (count > this.end - this.at) throw invalid('count', start);
    return count;
  }

  skip(length: number): void {
    if (length > this.end - this.at) throw invalid('truncated', this.at);
    this.at += length;
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    try {
      return fromUtf8(this.bytes.subarray(start, this.at));
    } catch (error) {
      throw invalid('utf-8', start, 'utf-8', error);
    }
  }
}
