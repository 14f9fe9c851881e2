import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, hex, utf8 } from '../crypto';
import type { Json } from '../protocol/json';
import { formatDisclosures, hiddenBy, hiddenIn, isHidden, openingDigest, parseDisclosure, pointedAt } from '.';

const salt = '00112233445566778899aabbccddeeff';
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

describe('a hidden field', () => {
  test('is the SHA-256 of the JCS of salt and value', () => {
    expect(hiddenBy({ salt, value: 'Ada' })).toEqual({
      // printf '["00112233445566778899aabbccddeeff","Ada"]' | sha256sum
      $hidden: 'c5ffe9253b56e54e8cbbbf7b09e8ad02a85c13cbd05581637fc0f1eb1c200b41',
    });
  });

  test('shows nothing without its salt, and another value or salt is another hash', () => {
    fc.assert(
      fc.property(json, json, fc.uint8Array({ minLength: 16, maxLength: 16 }).map(hex), (value, other, salted) => {
        const digest = openingDigest({ salt, value });
        expect(openingDigest({ salt, value })).toBe(digest);
        if (JSON.stringify(value) !== JSON.stringify(other))
          expect(openingDigest({ salt, value: other })).not.toBe(digest);
        if (salted !== salt) expect(openingDigest({ salt: salted, value })).not.toBe(digest);
      }),
    );
  });

  test.each([[{ $hidden: 'a' }], [{ $hidden: 'a'.repeat(64), more: 1 }], [['a']], ['x'], [null], [{}]])(
    '%j is none',
    (value) => expect(isHidden(value)).toBe(false),
  );
});

describe('pointers (RFC 6901)', () => {
  test('every hidden field is found where its pointer says', () => {
    const hidden = hiddenBy({ salt, value: 1 });
    const key = fc.string({ unit: fc.constantFrom('a', '/', '~', '0', '"', 'é') });
    const tree = fc.letrec<{ node: Json }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.constant(hidden as Json),
        fc.constant(7),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree.node, (value) => {
        const places = hiddenIn(value);
        expect(JSON.stringify(value).split(hidden.$hidden).length - 1).toBe(places.length);
        for (const { pointer, sha256 } of places) {
          expect(pointedAt(value, pointer)).toEqual(hidden);
          expect(sha256).toBe(hidden.$hidden);
        }
      }),
    );
  });

  test.each(['x', '/a~', '/a~2', '/list/01', '/list/-', '/list/length', '/constructor', '/a/b/c', '/__proto__'])(
    '%s points nowhere',
    (pointer) => expect(pointedAt({ a: { b: 1 }, list: [1, 2] }, pointer)).toBeUndefined(),
  );
});

describe('a line of disclosed openings', () => {
  test('is read as it is written, in one order', () => {
    const disclosure = fc.record({ seq: fc.nat(), pointer: fc.string(), salt: fc.constant(salt), value: json });
    fc.assert(
      fc.property(fc.array(disclosure), (list) => {
        const bytes = formatDisclosures(list);
        expect(formatDisclosures([...list].reverse()).length).toBe(bytes.length);
        const lines = fromUtf8(bytes).split('\n').slice(0, -1);
        expect(lines.map((line) => JSON.stringify(parseDisclosure(utf8(line))?.seq))).toEqual(
          [...list].sort((a, b) => a.seq - b.seq).map(({ seq }) => String(seq)),
        );
      }),
    );
  });

  test('anything else is refused', () => {
    const good = `{"pointer":"/data/note","salt":"${salt}","seq":3,"value":"x"}`;
    expect(parseDisclosure(utf8(good))).toEqual({ pointer: '/data/note', salt, seq: 3, value: 'x' });
    for (const bad of [
      good.replace('{', '{ '),
      good.replace('"seq":3', '"seq":-1'),
      good.replace(salt, 'short'),
      good.replace('"value":"x"', '"value":"x","w":1'),
      good.replace('"pointer":"/data/note",', ''),
      '[]',
      '',
    ])
      expect(parseDisclosure(utf8(bad))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void parseDisclosure(bytes)),
      { numRuns: 2000 },
    );
  });
});
