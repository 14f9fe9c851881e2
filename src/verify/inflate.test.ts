import { deflateRawSync, constants } from 'node:zlib';
import { deflateSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inflate } from './inflate';
import { VerifyError } from './types';

const text = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.array(fc.constantFrom('{"seq":', 'aaaa', ',"x"', '\n'), { maxLength: 400 }).map((a) => Buffer.from(a.join(''))),
);

describe('inflate', () => {
  test('gives back what zlib and fflate deflated, at every level and strategy', () => {
    const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 9 }), fc.constantFrom(...strategies), (bytes, level, strategy) => {
        const plain = Uint8Array.from(bytes);
        expect(inflate(deflateRawSync(plain, { level, strategy }), plain.length)).toEqual(plain);
        expect(inflate(deflateSync(plain, { level: level as 0 }), plain.length)).toEqual(plain);
      }),
    );
  });

  test('a large file', () => {
    const plain = Buffer.from(
      Array.from({ length: 60_000 }, (_, i) => `{"seq":${i},"h":"${(i * 7919).toString(36)}"}`).join('\n'),
    );
    expect(Buffer.from(inflate(deflateRawSync(plain), plain.length)).equals(plain)).toBe(true);
  });

  test('any other size than the declared one, and bytes after the end, are refused', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        const packed = deflateRawSync(bytes);
        expect(() => inflate(packed, bytes.length + 1)).toThrow(VerifyError);
        if (bytes.length > 0) expect(() => inflate(packed, bytes.length - 1)).toThrow(VerifyError);
        expect(() => inflate(Buffer.concat([packed, Buffer.of(0)]), bytes.length)).toThrow(VerifyError);
        expect(() => inflate(packed.subarray(0, -1), bytes.length)).toThrow(VerifyError);
      }),
    );
  });

  test('noise ends in a typed error or in exactly the declared bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(2000), (noise, size) => {
        try {
          expect(inflate(noise, size).length).toBe(size);
        } catch (error) {
          expect(error).toBeInstanceOf(VerifyError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
