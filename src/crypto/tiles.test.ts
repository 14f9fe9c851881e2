import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  HashTiles,
  consistencyProof,
  hex,
  inclusionProof,
  leafHash,
  tilePath,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  type Tile,
} from './index';

const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Uint8Array.of(i & 255, i >> 8)));
const all = leaves(1200);
const grown = (size: number): HashTiles => {
  const tree = new HashTiles();
  for (const leaf of all.slice(0, size)) tree.append(leaf);
  return tree;
};
/** Around the widths of tiles as often as anywhere else. */
const sizes = fc.oneof(fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 1024), fc.integer({ min: 1, max: 1200 }));

test('roots and proofs are those of the recursive definition', () => {
  const tree = grown(1200);
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, i, j) => {
      const index = i % size;
      const old = (j % size) + 1;
      const root = tree.root(size);
      expect(hex(root)).toBe(hex(treeRoot(all, 0, size)));
      const inclusion = tree.inclusion(index, size);
      const consistency = tree.consistency(old, size);
      expect(inclusion.map(hex)).toEqual(inclusionProof(all, index, size).map(hex));
      expect(consistency.map(hex)).toEqual(consistencyProof(all, old, size).map(hex));
      expect(verifyInclusion(all[index]!, index, size, inclusion, root)).toBe(true);
      expect(verifyConsistency(old, size, tree.root(old), root, consistency)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('the tiles of a level are its hashes, in order, each once', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const bottom = [...grown(size).tiles()].filter(({ path }) => path.startsWith('tile/0/'));
      const bytes = bottom.map((tile) => hex(tile.bytes)).join('');
      expect(bytes).toBe(all.slice(0, size).map(hex).join(''));
      expect(bottom.slice(0, -1).every((tile) => tile.bytes.length === 256 * 32)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('sorting paths by bytes keeps the order of the tiles', () => {
  const paths = [0, 9, 10, 999, 1000, 1234, 999_999].map((index) => tilePath(0, index));
  expect([...paths].sort()).toEqual(paths);
  expect([tilePath(0, 999), tilePath(0, 1000, 3)].sort()).toEqual([tilePath(0, 999), tilePath(0, 1000, 3)]);
});

test('an empty tree has a root, no tiles and no proofs', () => {
  const tree = new HashTiles();
  expect(hex(tree.root())).toBe(hex(treeRoot([])));
  expect([...tree.tiles()]).toEqual([]);
  expect(() => tree.inclusion(0)).toThrow(RangeError);
  expect(() => tree.consistency(0)).toThrow(RangeError);
  expect(() => tree.root(1)).toThrow(RangeError);
});

test('a tree that lets tiles go hands each out once, and still proves what it was to keep', () => {
  const some = leaves(256 * 5 + 7);
  const whole = new HashTiles();
  const taken: Tile[] = [];
  const kept = new Set([1, 3]);
  const lean = new HashTiles({
    take: (tile) => taken.push({ ...tile, bytes: tile.bytes.slice() }),
    keeps: (i) => kept.has(i),
  });
  for (const leaf of some) {
    whole.append(leaf);
    lean.append(leaf);
  }
  const byPath = (a: Tile, b: Tile): number => (a.path < b.path ? -1 : 1);
  expect([...taken, ...lean.tiles()].sort(byPath)).toEqual([...whole.tiles()].sort(byPath));
  expect(lean.root()).toEqual(whole.root());
  for (const size of [300, 512, 1000, some.length]) {
    expect(lean.root(size)).toEqual(whole.root(size));
    expect(lean.consistency(size)).toEqual(whole.consistency(size));
  }
  for (const index of [256, 400, 511, 1000, 1285]) expect(lean.inclusion(index)).toEqual(whole.inclusion(index));
  expect(() => lean.inclusion(5)).toThrow(RangeError);
  expect(() => lean.root(100)).toThrow(RangeError);
});
