import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { expect, test } from 'vitest';
import { bytesSource, verifyBundle, zipReader } from '.';
import { createReplay } from './replay';
import { longBundle } from './testing/long';
import { makeSample } from './testing/sample';

const ENTRIES = 50_000;
const MiB = 1024 * 1024;
/** What may be kept of a log of this length: ids, tree and pieces under way; not its lines. */
const KEPT = 16 * MiB;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** What is still referred to: no allocation that only waits for the collector counts, so the figure does not waver. */
function kept(): number {
  // What a first round finalises, a second takes away.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a long log is verified in one pass, and is never held in memory', async () => {
  const sample = await makeSample(cedar);
  let size = 0;
  const zip = await longBundle(sample, ENTRIES, (line) => (size += line.length));
  expect(size).toBeGreaterThan(2 * KEPT);
  const reader = await zipReader(bytesSource(zip));
  const before = kept();
  let steps = 0;
  let most = -Infinity;
  const report = await verifyBundle(reader, {
    governanceKey: sample.keys.governance.publicKey,
    replay: createReplay(cedar),
    // Collecting takes as long as judging a thousand entries.
    onProgress: () => {
      if (++steps % 40 === 0) most = Math.max(most, kept() - before);
    },
  });
  expect(report.problems).toEqual([]);
  expect(report.facts).toMatchObject({ entries: ENTRIES });
  expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', policyReplay: 'pass' });
  expect(steps).toBeGreaterThan(400);
  expect(most).toBeLessThan(KEPT);
});
