/** Leaves in a block are 2^8, as in a C2SP tile. */
const BLOCK_LEVEL = 8;
export const BLOCK = 2 ** BLOCK_LEVEL;
const HASH_BYTES = 32;

/**
 * Roots of the log's complete blocks of 256 leaves, so that a proof needs no more than two blocks' lines read again: one
 * hash in memory for 256 entries, 128 kB for a million, and nothing computed that the tree does not compute anyway.
 */
export class BlockRoots {
  #hashes = new Uint8Array(64 * HASH_BYTES);

  /** Takes a subtree's root as the tree makes it; `last` is the index of the leaf that completed it. */
  keep(level: number, last: number, root: Uint8Array): void {
    if (level !== BLOCK_LEVEL) return;
    const at = ((last + 1) / BLOCK - 1) * HASH_BYTES;
    if (at === this.#hashes.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes.set(root, at);
  }

  /** Root of block `index`, which must be complete. */
  root(index: number): Uint8Array<ArrayBuffer> {
    return this.#hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}
