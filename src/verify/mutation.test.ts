import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleFile } from '../protocol/bundle';
import { bytesSource, memoryReader, VerifyError, verifyBundle, zipReader, type BundleReader } from '.';
import { makeSample, type Sample } from './testing/sample';

/** fast-check prints the seed and the flip that got through. */
const RUNS = 1_200;
const MINUTES = 600_000;

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
}, 60_000);

function flip(bytes: Uint8Array, offset: number, mask: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[offset]! ^= mask;
  return changed;
}

const flipFile = (path: string, offset: number, mask: number): BundleFile[] =>
  sample.files.map((file) => (file.path === path ? { path, bytes: flip(file.bytes, offset, mask) } : file));

/** Without a key, so that nothing is caught only because the pin differs. */
const problems = async (files: readonly BundleFile[]): Promise<number> =>
  (await verifyBundle(memoryReader(files))).facts.problems;

const mask = fc.integer({ min: 1, max: 255 });

describe('one changed byte', () => {
  test(
    'anywhere in any file is found',
    async () => {
      const places = fc.integer({ min: 0, max: sample.files.length - 1 }).chain((i) => {
        const { path, bytes } = sample.files[i]!;
        return fc.tuple(fc.constant(path), fc.integer({ min: 0, max: bytes.length - 1 }), mask);
      });
      const found = fc.asyncProperty(places, async (place) => (await problems(flipFile(...place))) > 0);
      await fc.assert(found, { numRuns: RUNS });
    },
    MINUTES,
  );

  test(
    'at the first, the middle and the last place of every file is found',
    async () => {
      for (const { path, bytes } of sample.files)
        for (const offset of [0, bytes.length >> 1, bytes.length - 1])
          expect(await problems(flipFile(path, offset, 1)), `${path}:${offset}`).toBeGreaterThan(0);
    },
    MINUTES,
  );

  test(
    'every byte of the two signatures, which no list covers',
    async () => {
      for (const path of ['SHA256SUMS.ed25519', 'SHA256SUMS.sig']) {
        const { length } = sample.files.find((f) => f.path === path)!.bytes;
        for (let offset = 0; offset < length; offset++)
          expect(await problems(flipFile(path, offset, 0x20)), `${path}:${offset}`).toBeGreaterThan(0);
      }
    },
    MINUTES,
  );

  test(
    'anywhere in the zip is found, headers, directory and comment included',
    async () => {
      const place = fc.tuple(fc.integer({ min: 0, max: sample.zip.length - 1 }), mask);
      const found = fc.asyncProperty(place, async ([offset, bits]) => {
        try {
          const report = await verifyBundle(await zipReader(bytesSource(flip(sample.zip, offset, bits))));
          return report.verdicts.integrity === 'fail';
        } catch (error) {
          return error instanceof VerifyError;
        }
      });
      await fc.assert(found, { numRuns: RUNS });
    },
    MINUTES,
  );

  test('a zip cut off or lengthened is refused', async () => {
    const open = (zip: Uint8Array): Promise<BundleReader> => zipReader(bytesSource(zip));
    const cut = fc.asyncProperty(fc.integer({ min: 0, max: sample.zip.length - 1 }), async (length) => {
      await expect(open(sample.zip.subarray(0, length))).rejects.toThrow(VerifyError);
    });
    await fc.assert(cut, { numRuns: 300 });
    await expect(open(Buffer.concat([sample.zip, Buffer.of(0)]))).rejects.toThrow(VerifyError);
    const before = await open(Buffer.concat([Buffer.of(0), sample.zip]));
    expect((await verifyBundle(before)).verdicts.integrity).toBe('fail');
  });
});
