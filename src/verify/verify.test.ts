import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryReader, verifyBundle, zipReader } from '.';
import { textOf } from './testing/forge';
import { makeSample, type Sample } from './testing/sample';

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
});

describe('a real bundle', () => {
  test('passes integrity, and authenticity with the key', async () => {
    const pinned = await verifyBundle(memoryReader(sample.files), { governanceKey: sample.keys.governance.publicKey });
    expect(pinned.problems).toEqual([]);
    console.log(
      pinned,
      sample.files.map((f) => f.path),
    );
    const zip = await verifyBundle(zipReader(sample.zip), { governanceKey: sample.keys.governance.publicKey });
    expect(zip).toEqual(pinned);
  });
});
