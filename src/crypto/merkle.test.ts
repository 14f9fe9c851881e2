import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  MerkleFrontier,
  consistencyProof,
  fromHex,
  hex,
  inclusionProof,
  leafHash,
  nodeHash,
  sha256,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from './index';

/** Inputs and heads of the certificate-transparency project's own test (`merkletree/merkle_tree_test.cc`). */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const known = LEAVES.map((leaf) => leafHash(fromHex(leaf)!));

/** `count` distinct leaf hashes. */
const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Uint8Array.of(i & 255, i >> 8)));

/** RFC 6962 section 2.1, word for word. */
function naiveRoot(hashes: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (hashes.length === 0) return sha256(new Uint8Array());
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)));
}

const sizes = fc.integer({ min: 1, max: 200 });

describe('RFC 6962 vectors', () => {
  test.each(ROOTS.map((root, size) => [size, root]))('head of %i leaves', (size, root) => {
    expect(hex(treeRoot(known, 0, Number(size)))).toBe(root);
  });

  test('audit path of the last of seven leaves', () => {
    const proof = inclusionProof(known, 6, 7).map(hex);
    expect(proof).toEqual([hex(naiveRoot(known.slice(4, 6))), ROOTS[4]]);
  });
});

describe('frontier', () => {
  test('equals the recursive definition at every size', () => {
    const tree = new MerkleFrontier();
    const all = leaves(130);
    all.forEach((leaf, i) => {
      tree.append(leaf);
      expect(hex(tree.root())).toBe(hex(naiveRoot(all.slice(0, i + 1))));
    });
  });

  test('a clone does not follow its original', () => {
    const tree = new MerkleFrontier();
    const [a, b, c] = leaves(3);
    tree.append(a!);
    tree.append(b!);
    const copy = tree.clone();
    tree.append(c!);
    expect([copy.size, tree.size]).toEqual([2, 3]);
    expect(hex(copy.root())).toBe(hex(naiveRoot([a!, b!])));
  });
});

describe('proofs', () => {
  test('every inclusion proof verifies, and for no other index, size, leaf or root', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, i, j) => {
        const all = leaves(size);
        const root = treeRoot(all);
        const index = i % size;
        const other = j % size;
        const proof = inclusionProof(all, index);
        expect(verifyInclusion(all[index]!, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(all[index]!, index, size, [...proof, root], root)).toBe(false);
        if (other === index) return;
        expect(verifyInclusion(all[index]!, other, size, proof, root)).toBe(false);
        expect(verifyInclusion(all[other]!, index, size, proof, root)).toBe(false);
        expect(verifyInclusion(all[index]!, index, size, proof.slice(1), root)).toBe(false);
      }),
    );
  });

  test('every consistency proof verifies, and none for a rewritten history', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, i, j) => {
        const all = leaves(size);
        const old = (i % size) + 1;
        const proof = consistencyProof(all, old);
        const oldRoot = treeRoot(all, 0, old);
        expect(verifyConsistency(old, size, oldRoot, treeRoot(all), proof)).toBe(true);
        const forked = all.with(j % old, leafHash(Uint8Array.of(9, 9, 9)));
        expect(verifyConsistency(old, size, oldRoot, treeRoot(forked), consistencyProof(forked, old))).toBe(false);
      }),
    );
  });

  test('are refused outside the tree', () => {
    const all = leaves(3);
    expect(() => inclusionProof(all, 3)).toThrow(RangeError);
    expect(() => inclusionProof(all, -1)).toThrow(RangeError);
    expect(() => consistencyProof(all, 0)).toThrow(RangeError);
    expect(() => consistencyProof(all, 4)).toThrow(RangeError);
    expect(verifyInclusion(all[0]!, Number.NaN, 3, [], all[0]!)).toBe(false);
    expect(verifyConsistency(0, 3, all[0]!, treeRoot(all), [])).toBe(false);
    expect(verifyConsistency(3, 2, treeRoot(all), treeRoot(all, 0, 2), [])).toBe(false);
  });
});
