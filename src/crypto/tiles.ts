/**
 * The hashes of a growing tree, kept as C2SP tlog-tiles (c2sp.org/tlog-tiles): of a complete subtree of 256^L leaves, its
 * root is one hash of level L, and 256 of these in a row are a tile. Every node of the tree is at most 255 hashes away,
 * so that proofs cost the same in a log of a million lines as in one of a thousand. About 32.2 bytes of memory a leaf.
 */
import { concat } from './encoding';
import { MerkleFrontier, consistencyPath, inclusionPath, nodeHash } from './merkle';

type Hash = Uint8Array<ArrayBuffer>;

const HASH = 32;
/** Hashes in a full tile, and the number of tree levels that it spans. */
const WIDTH = 256;
const HEIGHT = 8;

/** One tile: where it stands below the log's own folder, and its hashes one after the other. */
export interface Tile {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** `tile/<level>/<index>`, the index in groups of three digits; `.p/<width>` when the tile is not full. */
export function tilePath(level: number, index: number, width = WIDTH): string {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  return `tile/${level}/${path}${width < WIDTH ? `.p/${width}` : ''}`;
}

/** One level's hashes, in blocks that are its tiles. */
class Row {
  readonly blocks: Hash[] = [];
  count = 0;

  push(hash: Uint8Array): void {
    const at = this.count % WIDTH;
    if (at === 0) this.blocks.push(new Uint8Array(WIDTH * HASH));
    this.blocks.at(-1)!.set(hash, at * HASH);
    this.count += 1;
  }

  at(index: number): Hash {
    const start = (index % WIDTH) * HASH;
    const hash = this.blocks[Math.floor(index / WIDTH)]!.subarray(start, start + HASH);
    if (hash.length === 0) throw new RangeError('the tile was let go');
    return hash;
  }

  /** Root over `count` hashes, a power of two, from `first` on. */
  fold(first: number, count: number): Hash {
    let hashes = Array.from({ length: count }, (_, i) => this.at(first + i));
    while (hashes.length > 1)
      hashes = Array.from({ length: hashes.length / 2 }, (_, i) => nodeHash(hashes[2 * i]!, hashes[2 * i + 1]!));
    return hashes[0]!;
  }
}

/** Who needs only some of a tree's proofs lets the other tiles of leaves go, each when it is full. */
export interface TileSink {
  /** Is handed every full tile of leaves, once. */
  take(tile: Tile): void;
  /** Whether the tile of the leaves from `256 * index` on is kept: for roots of sizes and proofs of leaves inside it. */
  keeps(index: number): boolean;
}

const GONE = new Uint8Array();

export class HashTiles {
  readonly #rows: Row[] = [new Row()];

  constructor(private readonly sink?: TileSink) {}

  get size(): number {
    return this.#rows[0]!.count;
  }

  /** Adds one leaf, already hashed with `leafHash`. */
  append(leaf: Uint8Array): void {
    let hash = leaf;
    for (let level = 0; ; level++) {
      const row = (this.#rows[level] ??= new Row());
      row.push(hash);
      if (row.count % WIDTH !== 0) return;
      hash = row.fold(row.count - WIDTH, WIDTH);
      if (level === 0) this.#letGo(row);
    }
  }

  #letGo(row: Row): void {
    if (!this.sink) return;
    const index = row.blocks.length - 1;
    this.sink.take({ path: tilePath(0, index), bytes: row.blocks[index]! });
    if (!this.sink.keeps(index)) row.blocks[index] = GONE;
  }

  /** Root of the complete subtree of 2^height leaves at `index`. */
  #node(height: number, index: number): Hash {
    const level = Math.floor(height / HEIGHT);
    const count = 2 ** (height - HEIGHT * level);
    return this.#rows[level]!.fold(index * count, count);
  }

  /**
   * Root of the leaves [from, to), for ranges as RFC 6962 divides a tree: `from` is a multiple of the largest power of
   * two that is in the range. The root of the empty range is that of the empty tree.
   */
  range(from: number, to: number): Hash {
    const peaks: Hash[] = [];
    for (let at = from; at < to;) {
      let height = 0;
      while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height += 1;
      peaks.push(this.#node(height, at / 2 ** height));
      at += 2 ** height;
    }
    return peaks.length === 0 ? new MerkleFrontier().root() : peaks.reduceRight((right, left) => nodeHash(left, right));
  }

  /** The tree head of the first `size` leaves. @throws RangeError */
  root(size = this.size): Hash {
    this.#within(size);
    return this.range(0, size);
  }

  /** As `inclusionProof`. @throws RangeError unless 0 <= index < size <= the tree's size. */
  inclusion(index: number, size = this.size): Hash[] {
    this.#within(size);
    return inclusionPath((from, to) => this.range(from, to), index, size);
  }

  /** As `consistencyProof`. @throws RangeError unless 0 < oldSize <= newSize <= the tree's size. */
  consistency(oldSize: number, newSize = this.size): Hash[] {
    this.#within(newSize);
    return consistencyPath((from, to) => this.range(from, to), oldSize, newSize);
  }

  /** All tiles of the tree as it is, each once, in order of level and index; with a sink, those that it was not handed. */
  *tiles(): Iterable<Tile> {
    for (const [level, row] of this.#rows.entries()) {
      for (const [index, block] of row.blocks.entries()) {
        const width = Math.min(WIDTH, row.count - index * WIDTH);
        if (this.sink && level === 0 && width === WIDTH) continue;
        yield { path: tilePath(level, index, width), bytes: concat(block.subarray(0, width * HASH)) };
      }
    }
  }

  #within(size: number): void {
    if (!(size >= 0 && size <= this.size)) throw new RangeError('the tree has no such size');
  }
}
