import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleFile } from '../protocol/bundle';
import { memoryReader, verifyBundle } from '.';
import { editBundle, fileEdits } from './testing/edits';
import { passes, tryEdits } from './testing/mutate';
import { makeKeys, makeSample, type Keys, type Sample } from './testing/sample';

/** With those of mutation-zip.test.ts more than 10,000. */
const EDITS = 5_200;
const MINUTES = 900_000;

let sample: Sample;
let attacker: Keys;
beforeAll(async () => {
  sample = await makeSample(cedar);
  attacker = await makeKeys(50);
});

const flipFile = (path: string, offset: number, mask: number): BundleFile[] =>
  sample.files.map((file) => {
    if (file.path !== path) return file;
    const bytes = Uint8Array.from(file.bytes);
    bytes[offset]! ^= mask;
    return { path, bytes };
  });

/** Without a key, so that nothing is caught only because the pin differs. */
const problems = async (files: readonly BundleFile[]): Promise<number> =>
  (await verifyBundle(memoryReader(files))).facts.problems;

test(
  'random edits of the files, left as they are, listed anew, signed with other keys: none is accepted',
  async () => {
    const pin = sample.keys.governance.publicKey;
    expect(await passes(() => memoryReader(sample.files), pin)).toBe(true);
    const tried = await tryEdits('edits of a directory', EDITS, fileEdits, async (edit) => {
      const files = await editBundle(sample.files, edit, attacker);
      return files && passes(() => memoryReader(files), pin);
    });
    expect(tried).toMatchObject({ edits: EDITS, accepted: 0 });
    // Every kind with every ending was drawn.
    expect(tried.byKind.size).toBe(11 * 6);
  },
  MINUTES,
);

describe('one changed byte', () => {
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
});
