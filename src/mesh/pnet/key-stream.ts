/**
 * XSalsa20 as one endless key stream, whatever the pieces it is asked for in. It hides; it proves nothing: Noise, which
 * runs inside, does that.
 */
import { hsalsa, salsa20 } from '@noble/ciphers/salsa.js';

export const NONCE_BYTES = 24;
const BLOCK_BYTES = 64;
const NONE = new Uint8Array(0);
/** "expand 32-byte k" as little-endian words: the constant of Salsa20 for keys of 32 bytes. */
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

export class KeyStream {
  readonly #key: Uint8Array;
  readonly #nonce: Uint8Array;
  /** The next block's number. Past 2³² blocks, which are 256 GiB, `apply` throws: the connection must be made anew. */
  #block = 0;
  /** The rest of a block that was begun. */
  #left: Uint8Array = NONE;

  /** `key`: 32 bytes; `nonce`: 24, never twice with one key. */
  constructor(key: Uint8Array, nonce: Uint8Array) {
    if (nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 24 bytes');
    const derived = new Uint32Array(8);
    hsalsa(SIGMA, words(key, 8), words(nonce.subarray(0, 16), 4), derived);
    this.#key = bytesOf(derived);
    this.#nonce = nonce.slice(16);
  }

  /** The next `input.length` bytes of the stream, each added to one of the input's, in new memory. */
  apply(input: Uint8Array): Uint8Array {
    const output = new Uint8Array(input.length);
    let at = this.#begun(input, output);
    const whole = (input.length - at) & ~(BLOCK_BYTES - 1);
    if (whole > 0) {
      // noble reads words where it can: a copy of what does not lie on their boundary is slower than its own way.
      salsa20(this.#key, this.#nonce, input.subarray(at, at + whole), output.subarray(at, at + whole), this.#block);
      this.#block += whole / BLOCK_BYTES;
      at += whole;
    }
    if (at < input.length) {
      this.#left = salsa20(this.#key, this.#nonce, new Uint8Array(BLOCK_BYTES), undefined, this.#block++);
      this.#begun(input, output, at);
    }
    return output;
  }

  /** Spends what is left of a begun block. @returns how far the output is filled */
  #begun(input: Uint8Array, output: Uint8Array, from = 0): number {
    const count = Math.min(this.#left.length, input.length - from);
    for (let i = 0; i < count; i++) output[from + i] = input[from + i]! ^ this.#left[i]!;
    this.#left = this.#left.subarray(count);
    return from + count;
  }
}

function words(bytes: Uint8Array, count: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return new Uint8Array(view.buffer);
}
