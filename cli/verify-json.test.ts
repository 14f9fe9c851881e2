/** What other programs build on: the exit code, and the exact keys of `--json`, for every format and ending. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicKeyPem } from '../src/crypto';
import { textOf } from '../src/verify/testing/forge';
import { makeKeys, makeSample } from '../src/verify/testing/sample';
import { loadCedar } from './home/cedar';
import { runVerify } from './verify';

const SEED = 'docs/vectors/seed';
const VERDICTS = ['integrity', 'authenticity', 'nonEquivocation', 'time', 'policyReplay', 'execution'];
const FACTS = [
  ...['origin', 'entries', 'root', 'firstTime', 'lastTime', 'files', 'bytes', 'governanceKey', 'run'],
  ...['witnessed', 'disclosed', 'problems'],
];

let home: string;
const at = (name: string): string => join(home, name);
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-json-'));
  const sample = await makeSample(cedar);
  const tampered = Uint8Array.from(sample.zip);
  tampered[100]! ^= 1;
  const seed = await readFile(`${SEED}/compliance_bundle.json`);
  await Promise.all([
    writeFile(at('bundle.zip'), sample.zip),
    writeFile(at('tampered.zip'), tampered),
    writeFile(at('pin.pem'), publicKeyPem(sample.keys.governance.publicKey)),
    writeFile(at('other.pem'), publicKeyPem((await makeKeys(50)).governance.publicKey)),
    writeFile(at('kept'), textOf(sample.files, 'log/checkpoint')),
    writeFile(at('seed.json'), seed),
    writeFile(at('seed.zip'), zipSync({ 'compliance_bundle.json': seed })),
    writeFile(at('seed-tampered.json'), seed.toString().replace('"success"', '"failure"')),
    writeFile(at('audit.jsonl'), await readFile(`${SEED}/immutable_audit.jsonl`)),
    writeFile(at('noise'), 'noise'),
  ]);
});
afterAll(() => rm(home, { recursive: true }));

async function asked(line: string): Promise<{ code: number; json: Record<string, unknown>; err: string }> {
  let [out, err] = ['', ''];
  const args = line.split(' ').map((arg) => (/^(--|integrity|authenticity)/.test(arg) ? arg : at(arg)));
  const code = await runVerify([...args, '--json'], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    loadCedar,
  });
  expect(out).toMatch(/^\{[^\n]*\}\n$/);
  return { code, json: JSON.parse(out) as Record<string, unknown>, err };
}

describe('--json', () => {
  test.each([
    ['bundle.zip', 0, 'sovereign-bundle', 'pass unknown unknown unknown pass'],
    ['bundle.zip --key pin.pem', 0, 'sovereign-bundle', 'pass pass unknown unknown pass'],
    ['bundle.zip --key pin.pem --older kept', 0, 'sovereign-bundle', 'pass pass pass unknown pass'],
    ['bundle.zip --key other.pem', 1, 'sovereign-bundle', 'pass fail unknown unknown pass'],
    ['bundle.zip --key other.pem --only integrity', 0, 'sovereign-bundle', 'pass fail unknown unknown pass'],
    ['bundle.zip --only integrity,authenticity', 1, 'sovereign-bundle', 'pass unknown unknown unknown pass'],
    ['tampered.zip', 1, 'sovereign-bundle', 'fail unknown unknown unknown unknown'],
    ['seed.json', 0, 'seed-compliance-bundle', 'pass unknown unknown unknown unknown'],
    ['seed.zip', 0, 'seed-compliance-bundle', 'pass unknown unknown unknown unknown'],
    ['seed-tampered.json', 1, 'seed-compliance-bundle', 'fail unknown unknown unknown unknown'],
    ['audit.jsonl', 0, 'seed-audit-log', 'pass unknown unknown unknown unknown'],
  ])('%s: exit code %i', async (line, code, format, verdicts) => {
    const { json, ...rest } = await asked(line);
    expect(rest).toEqual({ code, err: '' });
    expect(Object.keys(json)).toEqual(['format', 'verdicts', 'problems', 'reasons', 'facts']);
    expect(json['format']).toBe(format);
    const told = VERDICTS.filter((name) => name !== 'execution');
    expect(Object.keys(json['verdicts'] as object)).toEqual(told);
    expect(Object.values(json['verdicts'] as object).join(' ')).toBe(verdicts);
    expect(Object.keys(json['reasons'] as object)).toEqual(told);
    expect(Object.keys(json['facts'] as object)).toEqual(FACTS);
    const problems = json['problems'] as object[];
    // What no format of the seed can show is named as a problem too, and fails nothing.
    if (format === 'sovereign-bundle') expect(problems.length > 0).toBe(verdicts.includes('fail'));
    else expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(Object.keys(problem)).toEqual(['code', 'where', 'message']);
  });

  test('--replay: the sixth verdict', async () => {
    const { json } = await asked('bundle.zip --replay');
    expect(Object.keys(json['verdicts'] as object)).toEqual(VERDICTS);
    expect(json['verdicts']).toMatchObject({ integrity: 'pass', execution: expect.stringMatching(/^(pass|unknown)$/) });
  });

  test.each([
    'noise',
    'missing',
    'bundle.zip --key noise',
    'bundle.zip --older noise',
    'bundle.zip --witness-policy noise',
  ])('%s: exit code 2, and no verdict', async (line) => {
    const { code, json } = await asked(line);
    expect(code).toBe(2);
    expect(Object.keys(json)).toEqual(['format', 'error']);
    expect(json).toEqual({ format: null, error: { code: expect.any(String), message: expect.any(String) } });
  });
});
