import { deflateRawSync, constants } from 'node:zlib';
import { deflateSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inflater } from './inflate';
import { VerifyError } from './types';

const text = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.array(fc.constantFrom('{"seq":', 'aaaa', ',"x"', '\n'), { maxLength: 400 }).map((a) => Buffer.from(a.join(''))),
);

/** Fed in pieces of `step` bytes; the last may be empty. */
function inflate(packed: Uint8Array, size: number, step = packed.length): Uint8Array {
  const inflater = new Inflater(size);
  const out: Uint8Array[] = [];
  let at = 0;
  const feed = (piece: Uint8Array, last: boolean): void => {
    for (const part of inflater.push(piece, last)) out.push(part.slice());
  };
  for (; step > 0 && at + step < packed.length; at += step) feed(packed.subarray(at, at + step), false);
  feed(packed.subarray(at), true);
  return Uint8Array.from(Buffer.concat(out));
}

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

  test('does not depend on where the input is cut', () => {
    const bytes = Buffer.concat([
      Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i).toString(36)).join()),
      Buffer.alloc(100_000, 'ab'),
      Buffer.from(Array.from({ length: 70_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24)),
    ]);
    for (const level of [0, 1, 6]) {
      const packed = deflateRawSync(bytes, { level });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 70_000 }), (step) => {
          expect(Buffer.from(inflate(packed, bytes.length, step)).equals(bytes)).toBe(true);
        }),
        { numRuns: 8, examples: [[1], [599], [601]] },
      );
    }
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
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(2000),
        fc.integer({ min: 1, max: 300 }),
        (noise, size, step) => {
          try {
            expect(inflate(noise, size, step).length).toBe(size);
          } catch (error) {
            expect(error).toBeInstanceOf(VerifyError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
