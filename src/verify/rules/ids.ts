import { sha256, utf8 } from '../../crypto';

/** Words of a key: the first 128 bits of the id's SHA-256. Two ids that share them cost 2^64 hashes to find. */
const KEY = 4;
/** Slots in use at most: beyond, probing gets long. */
const LOAD = 0.6;

/**
 * Ids seen so far, each with a few 32-bit words, in one flat array: a log of a million governed actions would otherwise
 * hold its ids as strings in maps, some 200 bytes each. Open addressing with linear probing.
 */
export class IdTable {
  #slots = 1024;
  #size = 0;
  readonly #width: number;
  /** Per slot: one word that says it is taken, the key, the values. */
  #words: Uint32Array;

  /** @param values words that each id carries, zero at first */
  constructor(private readonly values = 0) {
    this.#width = 1 + KEY + values;
    this.#words = new Uint32Array(this.#slots * this.#width);
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#words[this.#find(keyOf(id))] === 1;
  }

  /** The id's words, to be read and written until the next `add`; `undefined` when it was not added. */
  get(id: string): Uint32Array | undefined {
    const at = this.#find(keyOf(id));
    return this.#words[at] === 1 ? this.#valuesAt(at) : undefined;
  }

  /** Adds the id, or finds it when it is there; the words as from {@link get}. */
  add(id: string): Uint32Array {
    const key = keyOf(id);
    let at = this.#find(key);
    if (this.#words[at] !== 1) {
      if (this.#size + 1 > this.#slots * LOAD) {
        this.#grow();
        at = this.#find(key);
      }
      this.#words[at] = 1;
      this.#words.set(key, at + 1);
      this.#size += 1;
    }
    return this.#valuesAt(at);
  }

  #valuesAt(at: number): Uint32Array {
    return this.#words.subarray(at + 1 + KEY, at + 1 + KEY + this.values);
  }

  /** Offset of the slot that holds the key, or of the free one where it belongs. */
  #find(key: Uint32Array): number {
    for (let slot = scatter(key) % this.#slots; ; slot = (slot + 1) % this.#slots) {
      const at = slot * this.#width;
      if (this.#words[at] !== 1 || this.#holds(at, key)) return at;
    }
  }

  #holds(at: number, key: Uint32Array): boolean {
    for (let i = 0; i < KEY; i++) if (this.#words[at + 1 + i] !== key[i]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * this.#width);
    for (let from = 0; from < old.length; from += this.#width) {
      if (old[from] !== 1) continue;
      const at = this.#find(old.subarray(from + 1, from + 1 + KEY));
      this.#words.set(old.subarray(from, from + this.#width), at);
    }
  }
}

/** Not known to who makes a log, so that he cannot choose ids that all begin at one slot. No answer depends on it. */
const SALT = crypto.getRandomValues(new Uint32Array(3));
function scatter(key: Uint32Array): number {
  const first = Math.imul(key[0]! ^ SALT[0]!, SALT[1]! | 1);
  return Math.imul(first ^ (first >>> 15) ^ key[1]!, SALT[2]! | 1) >>> 0;
}

const keyOf = (id: string): Uint32Array => new Uint32Array(sha256(utf8(id)).buffer, 0, KEY);
