import { fromUtf8 } from '../crypto';
import { SkillError } from './types';

export const invalid = (message: string, offset: number, cause?: unknown): SkillError =>
  new SkillError('invalid_module', `Not a valid WebAssembly module: ${message} (at byte ${offset}).`, {
    advice: 'Build the module again, or get an undamaged copy of it.',
    details: { offset },
    cause,
  });

/** Reads the binary format's primitives (WebAssembly core 2.0, §5.2) and never past `end`. */
export class ModuleReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at === this.end;
  }

  u8(what: string): number {
    if (this.at >= this.end) throw invalid(`${what} is cut off`, this.at);
    return this.bytes[this.at++]!;
  }

  /** Unsigned LEB128 of 32 bits: at most five bytes, and the fifth holds only four bits. */
  u32(what: string): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8(what);
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw invalid(`${what} is no 32-bit number`, start);
  }

  /** A vector's length. Every element takes at least one byte, so a larger one is a lie told to make us allocate. */
  count(what: string): number {
    const start = this.at;
    const count = this.u32(`the number of ${what}`);
    if (count > this.end - this.at) throw invalid(`${count} ${what} do not fit in what follows`, start);
    return count;
  }

  skip(length: number, what: string): void {
    if (length > this.end - this.at) throw invalid(`${what} runs past its section`, this.at);
    this.at += length;
  }

  name(what: string): string {
    const length = this.u32(`the length of ${what}`);
    const start = this.at;
    this.skip(length, what);
    try {
      return fromUtf8(this.bytes.subarray(start, this.at));
    } catch (error) {
      throw invalid(`${what} is not UTF-8`, start, error);
    }
  }
}
