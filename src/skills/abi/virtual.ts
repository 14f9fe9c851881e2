import { concat, fromHex, sha256, utf8 } from '../../crypto';

const RANDOM = utf8('sovereign-random/1\n');

/**
 * All of a run's randomness: block i is SHA-256 of `sovereign-random/1\n`, the seed and i as 64 bits, little-endian. One
 * stream, taken in the order in which it is asked for.
 */
export class VirtualRandom {
  readonly #seed: Uint8Array;
  #block: Uint8Array = new Uint8Array();
  #next = 0n;

  /** @param seed hex */
  constructor(seed: string) {
    this.#seed = fromHex(seed) ?? new Uint8Array();
  }

  fill(into: Uint8Array): void {
    for (let at = 0; at < into.length;) {
      if (this.#block.length === 0) this.#block = this.#draw();
      const piece = this.#block.subarray(0, into.length - at);
      into.set(piece, at);
      this.#block = this.#block.subarray(piece.length);
      at += piece.length;
    }
  }

  #draw(): Uint8Array {
    const counter = new Uint8Array(8);
    new DataView(counter.buffer).setBigUint64(0, this.#next++, true);
    return sha256(concat(RANDOM, this.#seed, counter));
  }
}
