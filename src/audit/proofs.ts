/** RFC 6962 proofs over a stored log (section 2.1), from block roots in memory and the lines of at most two blocks. */
import { hex, leafHash, nodeHash, treeRoot } from '../crypto';
import type { Sha256 } from '../crypto';
import { BLOCK } from './blocks';
import type { BlockRoots } from './blocks';
import { AuditError } from './types';
import type { TreeProofs } from './types';

type Hash = Uint8Array<ArrayBuffer>;

export class LogProofs implements TreeProofs {
  readonly #blocks: BlockRoots;
  readonly #size: () => number;
  readonly #lines: (from: number, to: number) => AsyncIterable<Uint8Array>;

  /** `size` is that of the stored log; `lines` reads its lines. */
  constructor(blocks: BlockRoots, size: () => number, lines: (from: number, to: number) => AsyncIterable<Uint8Array>) {
    this.#blocks = blocks;
    this.#size = size;
    this.#lines = lines;
  }

  async rootAt(size: number): Promise<Sha256> {
    this.#require(size >= 0 && size <= this.#size());
    return hex(await this.#root(0, size));
  }

  async consistency(oldSize: number, newSize: number): Promise<Hash[]> {
    this.#require(oldSize >= 0 && oldSize <= newSize && newSize <= this.#size());
    if (oldSize === 0) return [];
    const proof: Hash[] = [];
    let from = 0;
    let to = newSize;
    while (oldSize !== to) {
      const middle = from + split(to - from);
      if (oldSize <= middle) [proof[proof.length], to] = [await this.#root(middle, to), middle];
      else [proof[proof.length], from] = [await this.#root(from, middle), middle];
    }
    // The old tree itself is left out when it is a complete left subtree: the verifier has its root already.
    if (from !== 0) proof.push(await this.#root(from, to));
    return proof.reverse();
  }

  async inclusion(index: number, size: number): Promise<Hash[]> {
    this.#require(index >= 0 && index < size && size <= this.#size());
    const proof: Hash[] = [];
    let from = 0;
    let to = size;
    while (to - from > 1) {
      const middle = from + split(to - from);
      if (index < middle) [proof[proof.length], to] = [await this.#root(middle, to), middle];
      else [proof[proof.length], from] = [await this.#root(from, middle), middle];
    }
    return proof.reverse();
  }

  /** Root of leaves [from, to), a node of the tree: `from` is a multiple of the power of two that `to - from` fits in. */
  async #root(from: number, to: number): Promise<Hash> {
    if (to - from === BLOCK) return this.#blocks.root(from / BLOCK);
    if (to - from < BLOCK) {
      const leaves: Hash[] = [];
      for await (const line of this.#lines(from, to)) leaves.push(leafHash(line));
      return treeRoot(leaves);
    }
    const middle = from + split(to - from);
    return nodeHash(await this.#root(from, middle), await this.#root(middle, to));
  }

  #require(holds: boolean): void {
    if (!holds) throw new AuditError('no_entry', `the log has no such tree; its size is ${this.#size()}`);
  }
}

/** The largest power of two below `n`, for n > 1. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
