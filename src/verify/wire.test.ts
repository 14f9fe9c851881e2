import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { serveVerify } from '.';
import { makeSample, type Sample } from './testing/sample';
import type { VerifyAnswer } from './wire';

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
}, 60_000);

const blob = (size: number): object => ({ file: new Blob([new Uint8Array(size)]), name: 'x.zip', options: {} });

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

  test.each([
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
