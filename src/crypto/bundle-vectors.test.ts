/** docs/vectors/bundle.json was made by other implementations: these bytes must never change within version 1. */
import { describe, expect, test } from 'vitest';
import vectors from '../../docs/vectors/bundle.json';
import { HashTiles, encodeKrl, fromHex, hex, inTotoKeyId, leafHash, olpc, sha256Hex, tilePath, utf8 } from './index';
import type { Json } from '../protocol/json';

describe('the vectors of docs/bundle-format.md', () => {
  test.each(vectors.tiles)('tiles of a tree of $size', ({ size, root, count, tiles }) => {
    const tree = new HashTiles();
    for (let i = 0; i < size; i++) tree.append(leafHash(utf8(`entry ${i}\n`)));
    expect(hex(tree.root())).toBe(root);
    const all = new Map([...tree.tiles()].map(({ path, bytes }) => [path, sha256Hex(bytes)]));
    expect(all.size).toBe(count);
    for (const { path, sha256 } of tiles) expect(all.get(path)).toBe(sha256);
  });

  test.each(vectors.tile_paths)('the path $path', ({ level, index, width, path }) => {
    expect(tilePath(level, index, width)).toBe(path);
  });

  test.each(vectors.canonical_json)("in-toto's canonical JSON", ({ value, text }) => {
    expect(olpc(value as Json)).toBe(text);
  });

  test("in-toto's key id", () => {
    expect(inTotoKeyId(fromHex(vectors.key_id.public)!)).toBe(vectors.key_id.key_id);
  });

  test.each(vectors.revoked)('the list of revoked keys $keys', ({ keys, generated_at, comment, krl }) => {
    const revoked = keys.map((key) => fromHex(key)!);
    expect(hex(encodeKrl(revoked, generated_at, comment))).toBe(krl);
    // The order in which they were revoked, and saying it twice, change nothing.
    expect(hex(encodeKrl([...revoked, ...revoked].reverse(), generated_at, comment))).toBe(krl);
  });
});

test('canonical JSON of in-toto has no fractions', () => {
  expect(() => olpc({ a: 0.5 })).toThrow(TypeError);
});
