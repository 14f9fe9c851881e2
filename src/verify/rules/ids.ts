import { sha256OfText } from '../../crypto';

/** Words of a key: 127 bits of the id's SHA-256. Two ids that share them cost 2^63 hashes to find. */
const KEY = 4;
/** Slots in use at most: beyond, probing gets long. */
const LOAD = 0.75;
/** By doubling, three in four slots would at times be empty. */
const GROWTH = 1.5;
/** Tables that an id may be in: they grow one after the other, so that never much is held twice. */
const SHARDS = 16;

/**
 * Ids seen so far, each with a few 32-bit words, in flat arrays: a log of a million governed actions would otherwise hold
 * its ids as strings in maps, some 200 bytes each.
 */
export class IdTable {
  readonly #shards: Shard[];

  /** @param values words that each id carries, zero at first */
  constructor(values = 0) {
    this.#shards = Array.from({ length: SHARDS }, () => new Shard(values));
  }

  get size(): number {
    return this.#shards.reduce((n, shard) => n + shard.size, 0);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** The id's words, to be read and written until the next `add`; `undefined` when it was not added. */
  get(id: string): Uint32Array | undefined {
    const key = keyOf(id);
    return this.#shardOf(key).get(key);
  }

  /** Adds the id, or finds it when it is there; the words as from {@link get}. */
  add(id: string): Uint32Array {
    const key = keyOf(id);
    return this.#shardOf(key).add(key);
  }

  #shardOf(key: Uint32Array): Shard {
    return this.#shards[key[2]! % SHARDS]!;
  }
}

/** Open addressing with linear probing; a slot is free while its key is zero. */
class Shard {
  size = 0;
  #slots = 64;
  readonly #width: number;
  /** Per slot the key, then the values. */
  #words: Uint32Array;

  constructor(private readonly values: number) {
    this.#width = KEY + values;
    this.#words = new Uint32Array(this.#slots * this.#width);
  }

  get(key: Uint32Array): Uint32Array | undefined {
    const at = this.#find(key);
    return this.#isFree(at) ? undefined : this.#valuesAt(at);
  }

  add(key: Uint32Array): Uint32Array {
    let at = this.#find(key);
    if (this.#isFree(at)) {
      if (this.size + 1 > this.#slots * LOAD) {
        this.#grow();
        at = this.#find(key);
      }
      this.#words.set(key, at);
      this.size += 1;
    }
    return this.#valuesAt(at);
  }

  #valuesAt(at: number): Uint32Array {
    return this.#words.subarray(at + KEY, at + KEY + this.values);
  }

  /** The last word of a key is never zero. */
  #isFree(at: number): boolean {
    return this.#words[at + KEY - 1] === 0;
  }

  /** Offset of the slot that holds the key, or of the free one where it belongs. */
  #find(key: Uint32Array): number {
    for (let slot = scatter(key) % this.#slots; ; slot = (slot + 1) % this.#slots) {
      const at = slot * this.#width;
      if (this.#isFree(at) || this.#holds(at, key)) return at;
    }
  }

  #holds(at: number, key: Uint32Array): boolean {
    for (let i = 0; i < KEY; i++) if (this.#words[at + i] !== key[i]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#words;
    this.#slots = Math.ceil(this.#slots * GROWTH);
    this.#words = new Uint32Array(this.#slots * this.#width);
    for (let from = 0; from < old.length; from += this.#width) {
      if (old[from + KEY - 1] === 0) continue;
      const slot = old.subarray(from, from + this.#width);
      this.#words.set(slot, this.#find(slot.subarray(0, KEY)));
    }
  }
}

/** Not known to who makes a log, so that he cannot choose ids that all begin at one slot. No answer depends on it. */
const SALT = crypto.getRandomValues(new Uint32Array(3));
function scatter(key: Uint32Array): number {
  const first = Math.imul(key[0]! ^ SALT[0]!, SALT[1]! | 1);
  return Math.imul(first ^ (first >>> 15) ^ key[1]!, SALT[2]! | 1) >>> 0;
}

function keyOf(id: string): Uint32Array {
  const key = new Uint32Array(sha256OfText(id).buffer, 0, KEY);
  key[KEY - 1]! |= 1;
  return key;
}
