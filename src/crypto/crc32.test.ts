import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, utf8 } from '.';

test('the check value of the catalogue of CRCs, and nothing', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test('says what zlib says, in one piece or in two, wherever the bytes lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), fc.nat(9), (bytes, cut, from) => {
      const some = bytes.subarray(from);
      expect(crc32(some)).toBe(zlibCrc32(some));
      expect(crc32(some.subarray(cut), crc32(some.subarray(0, cut)))).toBe(zlibCrc32(some));
    }),
    { numRuns: 2_000 },
  );
});
