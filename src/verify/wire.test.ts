import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { serveVerify } from '.';
import { makeSample, type Sample } from './testing/sample';
import type { VerifyAnswer } from './wire';

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
}, 60_000);

async function ask(message: unknown): Promise<VerifyAnswer> {
  const answers: VerifyAnswer[] = [];
  await serveVerify(message, (answer) => answers.push(answer));
  expect(answers.slice(0, -1).every((answer) => answer.type === 'progress')).toBe(true);
  return answers.at(-1);
}

describe('the verify worker', () => {
  test('answers for a zip and for files alike', async () => {
    const governanceKey = sample.keys.governance.publicKey;
    const zip = await ask({ zip: sample.zip, governanceKey });
    expect(zip).toMatchObject({ type: 'report', report: { verdicts: { integrity: 'pass', authenticity: 'pass' } } });
    expect(await ask({ files: sample.files, governanceKey })).toEqual(zip);
    expect(await ask({ zip: sample.zip })).toMatchObject({ report: { verdicts: { authenticity: 'unknown' } } });
  });

  test.each([
    ['nothing', undefined, 'unreadable'],
    ['a string', 'zip', 'unreadable'],
    ['a short key', { zip: new Uint8Array(9), governanceKey: new Uint8Array(31) }, 'unreadable'],
    ['files that are none', { files: [{ path: 1 }] }, 'unreadable'],
    ['a path outside', { files: [{ path: '../x', bytes: new Uint8Array(1) }] }, 'path_refused'],
    ['noise', { zip: new Uint8Array(1000) }, 'bad_zip'],
    ['an empty zip', { zip: new Uint8Array(0) }, 'bad_zip'],
  ])('answers %s with a typed error', async (_, message, code) => {
    expect(await ask(message)).toMatchObject({ type: 'error', error: { code } });
  });
});
