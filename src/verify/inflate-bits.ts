import { concat } from '../crypto';
import { VerifyError } from './types';

export function bad(what: string): never {
  throw new VerifyError('bad_zip', `a deflated file holds ${what}`, { advice: 'Ask for the bundle again.' });
}

/** Bits of a stream that comes in pieces, lowest bit of each byte first. */
export class BitReader {
  private input: Uint8Array = new Uint8Array();
  private at = 0;
  private hold = 0;
  private held = 0;
  private last = false;

  /** The next piece; it is read until the next call. `last`: nothing comes after it. */
  feed(piece: Uint8Array, last: boolean): void {
    this.rewind();
    const rest = this.input.subarray(this.at);
    this.input = rest.length > 0 ? concat(rest, piece) : piece;
    this.at = 0;
    this.last = last;
  }

  /** Whether this many bytes are here, or all that will ever come. */
  has(bytes: number): boolean {
    return this.last || this.input.length - this.at >= bytes;
  }

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

  /** Up to `count` bytes, from a byte boundary on; none only when more must be fed. */
  bytes(count: number): Uint8Array {
    this.rewind();
    const some = this.input.subarray(this.at, this.at + count);
    if (some.length === 0 && this.last) bad('no end');
    this.at += some.length;
    return some;
  }

  /** From a byte boundary on: whether everything that came was read. */
  get isEmpty(): boolean {
    this.rewind();
    return this.at === this.input.length;
  }

  /** Gives whole bytes back, so that what is left is what `at` points to. */
  private rewind(): void {
    this.at -= this.held >> 3;
    this.held &= 7;
    this.hold &= (1 << this.held) - 1;
  }
}
