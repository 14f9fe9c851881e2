/**
 * The Merkle tree of RFC 6962 section 2.1 (= RFC 9162 section 2.1) over SHA-256. Pure and synchronous; used by the log
 * to build and by the verifier to check. Sizes and indexes are exact up to 2^53.
 */
import { equalBytes } from './encoding';
import { sha256 } from './hash';

type Hash = Uint8Array<ArrayBuffer>;

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);
const EMPTY_ROOT = sha256(new Uint8Array());

/** SHA-256(0x00 || leaf). */
export const leafHash = (leaf: Uint8Array): Hash => sha256(LEAF_PREFIX, leaf);

/** SHA-256(0x01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => sha256(NODE_PREFIX, left, right);

/**
 * A growing tree that keeps only the roots of its complete subtrees, largest first: O(log n) memory, amortised O(1)
 * hashing per leaf. Hashes are never changed in place, so {@link clone} is a shallow copy.
 */
export class MerkleFrontier {
  #size = 0;
  #peaks: Hash[] = [];

  get size(): number {
    return this.#size;
  }

  /**
   * Adds one leaf, already hashed with {@link leafHash}. `onSubtree` hears the root of each complete subtree of 2^level
   * leaves that ends with it, from level 1 up.
   */
  append(leaf: Hash, onSubtree?: (level: number, root: Hash) => void): void {
    let node = leaf;
    let level = 0;
    for (let n = this.#size; n % 2 === 1; n = (n - 1) / 2) {
      node = nodeHash(this.#peaks.pop()!, node);
      onSubtree?.(++level, node);
    }
    this.#peaks.push(node);
    this.#size++;
  }

  /** The tree head, 32 bytes. The empty tree's is SHA-256 of nothing. */
  root(): Hash {
    let root = this.#peaks.at(-1) ?? EMPTY_ROOT;
    for (let i = this.#peaks.length - 2; i >= 0; i--) root = nodeHash(this.#peaks[i]!, root);
    return root;
  }

  clone(): MerkleFrontier {
    const copy = new MerkleFrontier();
    copy.#size = this.#size;
    copy.#peaks = [...this.#peaks];
    return copy;
  }
}

/** Tree head of leaf hashes [from, to). */
export function treeRoot(leaves: readonly Hash[], from = 0, to = leaves.length): Hash {
  const tree = new MerkleFrontier();
  for (let i = from; i < to; i++) tree.append(leaves[i]!);
  return tree.root();
}

/** The largest power of two below `n`, for n > 1. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Tree head of leaves [from, to) of one tree: from a list of leaf hashes, or from wherever its nodes are kept. */
export type RangeRoot = (from: number, to: number) => Hash;

/** RFC 6962 section 2.1.1 over any {@link RangeRoot}; see {@link inclusionProof}. @throws RangeError */
export function inclusionPath(root: RangeRoot, index: number, size: number): Hash[] {
  if (!(index >= 0 && index < size)) throw new RangeError('index outside the tree');
  const proof: Hash[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from);
    const inLeft = index < middle;
    proof.push(inLeft ? root(middle, to) : root(from, middle));
    if (inLeft) to = middle;
    else from = middle;
  }
  return proof.reverse();
}

/** RFC 6962 section 2.1.2 over any {@link RangeRoot}; see {@link consistencyProof}. @throws RangeError */
export function consistencyPath(root: RangeRoot, oldSize: number, newSize: number): Hash[] {
  if (!(oldSize > 0 && oldSize <= newSize)) throw new RangeError('no such older tree');
  const proof: Hash[] = [];
  let from = 0;
  let to = newSize;
  while (oldSize !== to) {
    const middle = from + split(to - from);
    const inLeft = oldSize <= middle;
    proof.push(inLeft ? root(middle, to) : root(from, middle));
    if (inLeft) to = middle;
    else from = middle;
  }
  // The old tree itself is left out when it is a complete left subtree: the verifier has its root already.
  if (from !== 0) proof.push(root(from, to));
  return proof.reverse();
}

const rangeOf =
  (leaves: readonly Hash[]): RangeRoot =>
  (from, to) =>
    treeRoot(leaves, from, to);

/**
 * Audit path for the leaf at `index` in the tree of the first `size` leaf hashes, deepest node first.
 *
 * @throws RangeError unless 0 <= index < size <= leaves.length.
 */
export function inclusionProof(leaves: readonly Hash[], index: number, size = leaves.length): Hash[] {
  if (size > leaves.length) throw new RangeError('index outside the tree');
  return inclusionPath(rangeOf(leaves), index, size);
}

/**
 * Proof that the tree of the first `newSize` leaf hashes extends the one of the first `oldSize`.
 *
 * @throws RangeError unless 0 < oldSize <= newSize <= leaves.length.
 */
export function consistencyProof(leaves: readonly Hash[], oldSize: number, newSize = leaves.length): Hash[] {
  if (newSize > leaves.length) throw new RangeError('no such older tree');
  return consistencyPath(rangeOf(leaves), oldSize, newSize);
}

const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;
const isHashList = (proof: readonly Uint8Array[]): boolean => proof.every((hash) => hash.length === 32);

/** RFC 9162 section 2.1.3.2. False for anything that does not prove `leaf` at `index` under `root`; never throws. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (!isHashList(proof)) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equalBytes(hash, root);
}

/** RFC 9162 section 2.1.4.2. False for anything that does not prove that `newRoot` extends `oldRoot`; never throws. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize === newSize) return oldSize > 0 && proof.length === 0 && equalBytes(oldRoot, newRoot);
  const roots = consistencyRoots(oldSize, newSize, proof, oldRoot);
  return roots !== undefined && equalBytes(roots.old, oldRoot) && equalBytes(roots.new, newRoot);
}

/**
 * Root of the older tree that a consistency proof shows the tree `newRoot` to begin with, whatever root was expected; so
 * a signed `newRoot` can be held against another signed root of `oldSize`. `undefined` when the proof is none of
 * `newRoot`, and for an `oldSize` that is a power of two: such a proof leaves the older root out.
 */
export function provenOldRoot(
  oldSize: number,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  const roots = consistencyRoots(oldSize, newSize, proof, undefined);
  return roots && equalBytes(roots.new, newRoot) ? roots.old : undefined;
}

/** Both roots that a proof leads to, for oldSize < newSize; `oldRoot` starts the path where the proof leaves it out. */
function consistencyRoots(
  oldSize: number,
  newSize: number,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array | undefined,
): { old: Uint8Array; new: Uint8Array } | undefined {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize)) return undefined;
  if (oldSize < 1 || oldSize >= newSize || !isHashList(proof)) return undefined;
  let node = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A power of two: the old root is a node of the new tree and starts the path itself.
  const path = node !== 0 ? proof : oldRoot ? [oldRoot, ...proof] : [];
  if (path.length === 0) return undefined;
  let oldHash = path[0]!;
  let newHash = path[0]!;
  for (const sibling of path.slice(1)) {
    if (last === 0) return undefined;
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? { old: oldHash, new: newHash } : undefined;
}
