import { bad, BitReader } from './inflate-bits';
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  dynamicCodes,
  FIXED_DISTANCES,
  FIXED_LENGTHS,
  LENGTH_BASE,
  LENGTH_EXTRA,
  symbol,
  type Code,
} from './inflate-codes';

/** RFC 1951: a copy reaches back this far, and is this long at most. */
const WINDOW = 32_768;
const LONGEST = 258;
/** What is unpacked before it is handed on. */
const PIECE = 65_536;
/** The longest block header (14 bits, 19 of 3, 316 codes of 7 with 7 more) and the longest symbol pair (48 bits). */
const HEADER_BYTES = 600;
const SYMBOL_BYTES = 8;

/**
 * DEFLATE (RFC 1951) as a stream with a fixed window, for input that may be hostile: the output has exactly the declared
 * size, the input is used up to its last byte, and every code is complete. The platform's inflaters bound neither, and
 * some ignore trailing bytes.
 */
export class Inflater {
  readonly #bits = new BitReader();
  readonly #out = new Uint8Array(WINDOW + PIECE + LONGEST);
  /** Where the next byte goes, and the first that was not handed on. */
  #at = 0;
  #from = 0;
  #left: number;
  #isLastBlock = false;
  /** Bytes left in a stored block; or the codes of another one; or neither, before a block's header. */
  #stored = 0;
  #codes: readonly [Code, Code] | undefined;
  #done = false;

  /** @param size the declared size of the output */
  constructor(size: number) {
    this.#left = size;
  }

  /**
   * The next piece of input, and the output that it makes: to be asked for until there is no more. A piece of output is
   * the caller's until it asks for the next.
   *
   * @param last nothing comes after it
   * @throws VerifyError `bad_zip`.
   */
  *push(input: Uint8Array, last: boolean): Generator<Uint8Array> {
    this.#bits.feed(input, last);
    while (!this.#done && this.#step())
      if (this.#at >= WINDOW + PIECE) {
        yield this.#out.subarray(this.#from, this.#at);
        this.#slide();
      }
    if (this.#done && !this.#bits.isEmpty) bad('bytes after the end of its data');
    if (!last) return;
    if (this.#left > 0) bad('fewer bytes than it declares');
    if (this.#at > this.#from) yield this.#out.subarray(this.#from, this.#at);
  }

  /** After a piece was taken: of the output only the window is needed. */
  #slide(): void {
    const keep = Math.max(0, this.#at - WINDOW);
    this.#out.copyWithin(0, keep, this.#at);
    this.#at -= keep;
    this.#from = this.#at;
  }

  /** Goes on until the output is full or the block ends; false when more input is needed first. */
  #step(): boolean {
    if (this.#stored > 0) return this.#copyStored();
    if (this.#codes) return this.#decode(...this.#codes);
    if (this.#isLastBlock) {
      this.#bits.align();
      this.#done = true;
      return true;
    }
    if (!this.#bits.has(HEADER_BYTES)) return false;
    this.#header();
    return true;
  }

  #header(): void {
    this.#isLastBlock = this.#bits.take(1) === 1;
    const type = this.#bits.take(2);
    if (type === 0) {
      this.#bits.align();
      this.#stored = this.#bits.take(16);
      if ((this.#stored ^ this.#bits.take(16)) !== 0xffff) bad('a stored block with a wrong length');
    } else if (type === 1) this.#codes = [FIXED_LENGTHS, FIXED_DISTANCES];
    else if (type === 2) this.#codes = dynamicCodes(this.#bits);
    else bad('an unknown kind of block');
  }

  /** In locals what every symbol changes. */
  #decode(literals: Code, distances: Code): boolean {
    const bits = this.#bits;
    const out = this.#out;
    let at = this.#at;
    let left = this.#left;
    let goesOn = true;
    while (at < WINDOW + PIECE) {
      goesOn = bits.has(SYMBOL_BYTES);
      if (!goesOn) break;
      const found = symbol(bits, literals);
      if (found < 256) {
        if (--left < 0) tooMuch();
        out[at++] = found;
        continue;
      }
      if (found === 256) {
        this.#codes = undefined;
        break;
      }
      if (found > 285) bad('an unknown length');
      const length = LENGTH_BASE[found - 257]! + bits.take(LENGTH_EXTRA[found - 257]!);
      const code = symbol(bits, distances);
      if (code > 29) bad('an unknown distance');
      const distance = DISTANCE_BASE[code]! + bits.take(DISTANCE_EXTRA[code]!);
      if (distance > at) bad('a copy from before its start');
      left -= length;
      if (left < 0) tooMuch();
      for (const end = at + length; at < end; at++) out[at] = out[at - distance]!;
    }
    this.#at = at;
    this.#left = left;
    return goesOn;
  }

  #copyStored(): boolean {
    const some = this.#bits.bytes(Math.min(this.#stored, WINDOW + PIECE - this.#at));
    this.#left -= some.length;
    if (this.#left < 0) tooMuch();
    this.#out.set(some, this.#at);
    this.#at += some.length;
    this.#stored -= some.length;
    return some.length > 0;
  }
}

const tooMuch = (): never => bad('more bytes than it declares');
