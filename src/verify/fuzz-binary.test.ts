/** Fuzz for what is read in pieces and through other parsers: zips, deflate, messages to the worker, whole bundles. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { packFile, zipBundle } from '../audit/export';
import { concat, equalBytes, utf8 } from '../crypto';
import { BUNDLE, UNLISTED, type BundleFile } from '../protocol/bundle';
import { bytesSource, memoryReader, serveVerify, verifyBundle, VerifyError, zipReader, type ByteSource } from '.';
import { Inflater } from './inflate';
import { createReplay } from './replay';
import { put, resum } from './testing/forge';
import { inputs, refusal } from './testing/fuzz';
import { makeSample, type Sample } from './testing/sample';
import { freshSeed } from './testing/seed';

const MINUTES = 900_000;
const seed = freshSeed('fuzz of binaries');

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
});

describe('deflate', () => {
  const noise = fc.sample(fc.uint8Array({ minLength: 3_000, maxLength: 3_000 }), { numRuns: 1, seed })[0]!;
  const plain = [utf8('{"seq":0,"type":"GENESIS"}\n'.repeat(200)), noise, new Uint8Array(70_000), new Uint8Array(0)];
  const streams = plain.flatMap((bytes) => [0, 1, 9].map((level) => Uint8Array.from(deflateRawSync(bytes, { level }))));

  /** All of its output; no more than it declares is ever made. */
  function unpack(packed: Uint8Array, size: number, cuts: readonly number[]): Uint8Array {
    const inflater = new Inflater(size);
    const out: Uint8Array[] = [];
    let made = 0;
    const places = [...new Set([0, ...cuts.map((cut) => cut % (packed.length + 1)), packed.length])].sort(
      (a, b) => a - b,
    );
    if (packed.length === 0) places.push(0);
    for (let i = 1; i < places.length; i++)
      for (const piece of inflater.push(packed.subarray(places[i - 1], places[i]), places[i] === packed.length)) {
        made += piece.length;
        expect(made).toBeLessThanOrEqual(size);
        out.push(piece.slice());
      }
    return concat(...out);
  }

  const zlib = (packed: Uint8Array): Uint8Array | undefined => {
    try {
      return inflateRawSync(packed, { maxOutputLength: 1_000_000 });
    } catch {
      return undefined;
    }
  };

  test(
    'of any bytes, in any pieces: the same as zlib, or a typed error',
    () => {
      let taken = 0;
      const size = fc.option(fc.nat(100_000), { freq: 2 });
      const cuts = fc.array(fc.nat(0x7fffffff), { maxLength: 4 });
      const property = fc.property(inputs(streams), size, cuts, (packed, stated, at) => {
        const theirs = zlib(packed);
        // Most often the size that zlib makes of it: otherwise nothing would be taken.
        const declared = stated ?? theirs?.length ?? 0;
        let made: Uint8Array;
        try {
          made = unpack(packed, declared, at);
        } catch (error) {
          expect(refusal(error, [VerifyError])).toBe('bad_zip');
          return;
        }
        taken += 1;
        expect(theirs && equalBytes(made, theirs)).toBe(true);
      });
      fc.assert(property, { numRuns: 8_000, seed });
      // The inputs reach both answers.
      expect(taken).toBeGreaterThan(100);
      for (const [i, packed] of streams.entries())
        expect(unpack(packed, plain[Math.floor(i / 3)]!.length, [7])).toEqual(plain[Math.floor(i / 3)]);
    },
    MINUTES,
  );
});

describe('zip', () => {
  const files = [
    { path: 'SHA256SUMS', bytes: utf8('0'.repeat(64)) },
    { path: 'log/entries.jsonl', bytes: utf8('{"seq":0}\n'.repeat(300)) },
    { path: 'log/tile/0/000.p/7', bytes: new Uint8Array(7 * 32) },
  ];
  const ours = zipBundle(files.map(({ path, bytes }) => packFile(path, bytes)));
  // Without its comment no hash hides what the headers' checks find.
  const plain = ours.slice(0, ours.length - BUNDLE.zipComment.length - 64);
  plain[plain.length - 2] = 0;
  const u32 = (value: number): Uint8Array => Uint8Array.from([value, value >>> 8, value >>> 16, value >>> 24]);
  const edges = fc.tuple(
    fc.nat(plain.length - 5),
    fc.constantFrom(0, 1, 30, 0xffff, 0x7fffffff, 0xffffffff, plain.length),
  );
  const headers = fc
    .array(edges, { minLength: 1, maxLength: 3 })
    .map((at) => at.reduce((zip, [place, value]) => (zip.set(u32(value), place), zip), Uint8Array.from(plain)));

  test(
    'of any bytes: files within their bounds, or a typed error; each byte is read a few times at most',
    async () => {
      let taken = 0;
      const property = fc.asyncProperty(fc.oneof(inputs([plain, ours]), headers), async (zip) => {
        let read = 0;
        const source: ByteSource = {
          size: zip.length,
          read: (offset, length) => {
            expect(length).toBeGreaterThanOrEqual(0);
            expect(offset + length).toBeLessThanOrEqual(zip.length);
            read += length;
            return bytesSource(zip).read(offset, length);
          },
        };
        try {
          const reader = await zipReader(source);
          let made = 0;
          for (const path of reader.files) {
            const bytes = await reader.read(path);
            expect(bytes.length).toBe(reader.size(path));
            made += bytes.length;
          }
          expect(made).toBe(reader.bytes);
          taken += 1;
        } catch (error) {
          refusal(error, [VerifyError]);
        }
        // Its end, its hash, its directory, its headers, its files.
        expect(read).toBeLessThanOrEqual(8 * zip.length + 512);
      });
      await fc.assert(property, { numRuns: 8_000, seed });
      expect(taken).toBeGreaterThan(0);
    },
    MINUTES,
  );
});

test(
  'a message to the verifying worker: one last answer, whatever was sent',
  async () => {
    const file = new Blob([utf8('noise')]);
    const options = fc.record(
      {
        governanceKey: fc.uint8Array({ maxLength: 33 }),
        witnessPolicy: fc.string(),
        older: fc.uint8Array(),
        only: fc.anything(),
      },
      { requiredKeys: [] },
    );
    const request = fc.oneof(
      fc.record({ file: fc.constantFrom(file, null), name: fc.oneof(fc.string(), fc.integer()), options }),
      fc.record({
        files: fc.array(fc.record({ path: fc.string(), blob: fc.constant(file) }), { maxLength: 3 }),
        options,
      }),
      fc.anything(),
    );
    const property = fc.asyncProperty(request, async (message) => {
      const answers: string[] = [];
      await serveVerify(message, (answer) => {
        answers.push(answer.type);
        if (answer.type === 'error') expect(answer.error.code).not.toBe('internal');
      });
      expect(answers.filter((type) => type !== 'progress')).toEqual(['error']);
    });
    await fc.assert(property, { numRuns: 3_000, seed });
  },
  MINUTES,
);

test(
  'a bundle whose owner signs nonsense: a report that does not pass, and never an exception',
  async () => {
    const listed = sample.files.filter(({ path }) => !UNLISTED.includes(path));
    const governanceKey = sample.keys.governance.publicKey;
    const replay = createReplay(cedar);
    const nonsense = fc
      .constantFrom(...listed)
      .chain(({ path, bytes }) => fc.tuple(fc.constant(path), inputs([bytes])));
    const property = fc.asyncProperty(nonsense, async ([path, bytes]) => {
      const before = sample.files.find((file) => file.path === path)!.bytes;
      fc.pre(!equalBytes(before, bytes));
      const files: BundleFile[] = await resum(put(sample.files, path, bytes), sample.keys.governance);
      const report = await verifyBundle(memoryReader(files), { governanceKey, replay });
      // These two say what they like: nothing in the log is about them.
      if (path === BUNDLE.readme || path === BUNDLE.script) return;
      expect([path, report.facts.problems > 0]).toEqual([path, true]);
      expect(Object.values(report.verdicts)).toContain('fail');
    });
    await fc.assert(property, { numRuns: 500, seed });
  },
  MINUTES,
);
