import { readFileSync } from 'node:fs';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { serveVerify } from '.';
import { makeSample, type Sample } from './testing/sample';
import type { VerifyAnswer } from './wire';

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
});

const blob = (size: number): object => ({ file: new Blob([new Uint8Array(size)]), name: 'x.zip', options: {} });

const halves = (size: number): object => ({ proof: new Blob([new Uint8Array(size)]), entry: new Blob(['{}']) });
const VECTORS = JSON.parse(readFileSync('docs/vectors/entry-proof.json', 'utf8')) as {
  log_vkey: string;
  witness_policy: string;
  proofs: { entry: string; proof: string }[];
};

async function ask(message: unknown): Promise<VerifyAnswer> {
  const answers: VerifyAnswer[] = [];
  await serveVerify(message, (answer) => answers.push(answer));
  expect(answers.slice(0, -1).every((answer) => answer.type === 'progress')).toBe(true);
  return answers.at(-1);
}

describe('the verify worker', () => {
  test('answers for a zip and for files alike', async () => {
    const governanceKey = sample.keys.governance.publicKey;
    const options = { governanceKey };
    const zip = await ask({ file: new Blob([sample.zip]), name: 'bundle.zip', options });
    expect(zip).toMatchObject({ type: 'report', report: { verdicts: { integrity: 'pass', authenticity: 'pass' } } });
    const files = sample.files.map(({ path, bytes }) => ({ path, blob: new Blob([Uint8Array.from(bytes)]) }));
    expect(await ask({ files, options })).toEqual(zip);
    expect(await ask({ file: new Blob([sample.zip]), name: 'bundle.zip', options: {} })).toMatchObject({
      report: { verdicts: { authenticity: 'unknown' } },
    });
  });

  test('answers for an entry and its proof, by vectors of another implementation', async () => {
    const { log_vkey: logKey, witness_policy: witnessPolicy, proofs } = VECTORS;
    for (const { entry, proof } of proofs) {
      const parts = { proof: new Blob([proof]), entry: new Blob([entry]) };
      expect(await ask({ ...parts, options: { logKey, witnessPolicy } })).toMatchObject({
        type: 'report',
        report: { format: 'tlog-proof', verdicts: { integrity: 'pass', authenticity: 'pass', time: 'pass' } },
      });
      const other = await ask({ ...parts, entry: new Blob([entry.replace('INFO', 'WARN')]), options: {} });
      expect(other).toMatchObject({ report: { verdicts: { integrity: 'fail', authenticity: 'unknown' } } });
    }
  });

  test('holds timestamp tokens to the certificate that it is given', async () => {
    const options = { tsa: new TextEncoder().encode('noise') };
    const answer = await ask({ file: new Blob([sample.zip]), name: 'bundle.zip', options });
    expect(answer).toMatchObject({ type: 'error', error: { code: 'bad_tsa' } });
  });

  test.each([
    ['a proof alone', { proof: new Blob(['x']), options: {} }, 'unreadable'],
    ['a proof with the options of a bundle', { ...halves(9), options: { tsa: new Uint8Array() } }, 'unreadable'],
    ['a proof that is none', { ...halves(9), options: {} }, 'not_a_proof'],
    ['a proof that is too long', { ...halves(LIMITS.proofTextBytes + 1), options: {} }, 'too_large'],
    ['a certificate that is text', { ...blob(9), options: { tsa: 'PEM' } }, 'unreadable'],
    ['nothing', undefined, 'unreadable'],
    ['a string', 'zip', 'unreadable'],
    ['a short key', { ...blob(9), options: { governanceKey: new Uint8Array(31) } }, 'unreadable'],
    ['files that are none', { files: [{ path: 1 }], options: {} }, 'unreadable'],
    ['a path outside', { files: [{ path: '../x', blob: new Blob(['x']) }], options: {} }, 'path_refused'],
    ['noise', blob(1000), 'bad_zip'],
    ['an empty zip', blob(0), 'bad_zip'],
  ])('answers %s with a typed error', async (_, message, code) => {
    expect(await ask(message)).toMatchObject({ type: 'error', error: { code } });
  });
});
