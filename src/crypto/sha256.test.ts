import { sha256 as noble } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, sha256Stream, utf8 } from '.';
import { wasmEngine } from './sha256';
import { sha256Module } from './sha256-module';

const engine = wasmEngine();
/** Lengths at which padding, a block and the module's memory come to their ends. */
const length = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 65_536 - 300, max: 65_536 + 300 }),
  fc.integer({ min: 131_072 - 300, max: 131_072 + 300 }),
);
const bytes = fc
  .tuple(length, fc.integer())
  .map(([n, seed]) => Uint8Array.from({ length: n }, (_, i) => Math.imul(i ^ seed, 2_654_435_761) >>> 24));

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('the examples of FIPS 180-4: %.20s', (text, digest) => {
  expect(hex(engine.hash(utf8(text)))).toBe(digest);
  expect(hex(engine.stream().update(utf8(text)).digest())).toBe(digest);
});

test('says what noble and the platform say, of whatever parts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), async (parts) => {
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
      const expected = hex(noble(whole));
      expect(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)))).toBe(expected);
      expect(hex(engine.hash(...parts))).toBe(expected);
      expect(hex(parts.reduce((stream, part) => stream.update(part), engine.stream()).digest())).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

test('streams that go on at once do not meet', () => {
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 1, max: 200 }), (a, b, step) => {
      const [one, other] = [sha256Stream(), sha256Stream()];
      for (let at = 0; at < Math.max(a.length, b.length); at += step * 64 + 1) {
        one.update(a.subarray(at, at + step * 64 + 1));
        other.update(b.subarray(at, at + step * 64 + 1));
      }
      expect([hex(one.digest()), hex(other.digest())]).toEqual([hex(noble(a)), hex(noble(b))]);
    }),
    { numRuns: 60 },
  );
});

test('the module is one that the platform takes, and the same each time', () => {
  expect(WebAssembly.validate(sha256Module())).toBe(true);
  expect(sha256Module()).toEqual(sha256Module());
});
