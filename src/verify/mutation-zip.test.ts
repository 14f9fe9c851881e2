import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { packFile, zipBundle, type PackedFile } from '../audit/export';
import { equalBytes, hex, sha256Hex, utf8 } from '../crypto';
import { BUNDLE, type BundleFile } from '../protocol/bundle';
import { bytesSource, VerifyError, zipReader, type BundleReader } from '.';
import { byteEdits, editBundle, editBytes, fileEdits } from './testing/edits';
import { passes, tryEdits } from './testing/mutate';
import { makeKeys, makeSample, unpack, type Keys, type Sample } from './testing/sample';

const ZIPPED = 2_000;
const BYTES = 3_000;
const MINUTES = 900_000;

let sample: Sample;
let attacker: Keys;
let pin: Uint8Array;
beforeAll(async () => {
  sample = await makeSample(cedar);
  attacker = await makeKeys(50);
  pin = sample.keys.governance.publicKey;
});

const open = (zip: Uint8Array): Promise<BundleReader> => zipReader(bytesSource(zip));

const asMap = (files: readonly BundleFile[]): Map<string, string> =>
  new Map(files.map(({ path, bytes }) => [path, hex(bytes)]));

/** Packs each content once: most files of an edited bundle are those of the real one. */
const packed = new WeakMap<Uint8Array, PackedFile>();
function zipOf(files: readonly BundleFile[]): Uint8Array<ArrayBuffer> {
  const parts = files.map(({ path, bytes }) => {
    const known = packed.get(bytes) ?? packFile(path, bytes);
    packed.set(bytes, known);
    return { ...known, path };
  });
  return zipBundle(parts);
}

/** The hash in the zip's comment made anew, which needs no key. */
function sealed(zip: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = Math.max(0, zip.length - BUNDLE.zipComment.length - 64);
  return Buffer.concat([zip.subarray(0, end), utf8(BUNDLE.zipComment + sha256Hex(zip.subarray(0, end)))]);
}

test(
  'random edits of the files, zipped by who made them: none is accepted',
  async () => {
    expect(await passes(() => open(zipOf(sample.files)), pin)).toBe(true);
    const tried = await tryEdits('edits in a zip', ZIPPED, fileEdits, async (edit) => {
      const files = await editBundle(sample.files, edit, attacker);
      return files && passes(() => open(zipOf(files)), pin);
    });
    expect(tried).toMatchObject({ edits: ZIPPED, accepted: 0 });
  },
  MINUTES,
);

test(
  "random edits of the zip's own bytes, headers, directory and comment included: none is accepted",
  async () => {
    const tried = await tryEdits('edits of a zip', BYTES, byteEdits, async (edit) => {
      const zip = editBytes(sample.zip, edit);
      return equalBytes(zip, sample.zip) ? undefined : passes(() => open(zip), pin);
    });
    expect(tried).toMatchObject({ edits: BYTES, accepted: 0 });
  },
  MINUTES,
);

test(
  'the same with the hash in the comment made anew: what is accepted holds the very same files',
  async () => {
    const edited = fc.asyncProperty(byteEdits, async (edit) => {
      const zip = sealed(editBytes(sample.zip, edit));
      if (await passes(() => open(zip), pin)) expect(asMap(await unpack(zip))).toEqual(asMap(sample.files));
    });
    await fc.assert(edited, { numRuns: 500 });
  },
  MINUTES,
);

test('a zip cut off or lengthened is refused', async () => {
  const cut = fc.asyncProperty(fc.integer({ min: 0, max: sample.zip.length - 1 }), async (length) => {
    await expect(open(sample.zip.subarray(0, length))).rejects.toThrow(VerifyError);
  });
  await fc.assert(cut, { numRuns: 300 });
  await expect(open(Buffer.concat([sample.zip, Buffer.of(0)]))).rejects.toThrow(VerifyError);
  expect(await passes(() => open(Buffer.concat([Buffer.of(0), sample.zip])), pin)).toBe(false);
});
