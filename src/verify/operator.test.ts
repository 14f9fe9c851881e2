/** The node's own operator rewrites entry 3 and signs everything again with his own keys. Who catches him, and who not. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cosign,
  cosignerKey,
  formatWitnessPolicy,
  noteKey,
  parseNote,
  publicKeyPem,
  signerFromSeed,
  thresholdPolicy,
  utf8,
  type Signer,
} from '../crypto';
import type { BundleFile } from '../protocol/bundle';
import { memoryReader, verifyBundle, type Report, type VerifyOptions } from '.';
import { createReplay } from './replay';
import { entriesOf, put, resum, textOf } from './testing/forge';
import { exportAnew } from './testing/operator';
import { makeSample, type Sample } from './testing/sample';

const NAMES = ['w1.example', 'w2.example', 'w3.example'];
const HOURS_LATER = Date.parse('2026-01-02T12:00:00Z') / 1000;

let sample: Sample;
/** The true log, cosigned. */
let truth: BundleFile[];
let rewritten: BundleFile[];
let policy: string;
let home: string;

async function cosigned(note: string, witnesses: readonly Signer[]): Promise<string> {
  const { text } = parseNote(note)!;
  const lines = await Promise.all(witnesses.map((w, i) => cosign(text, NAMES[i]!, w, HOURS_LATER)));
  return note + lines.join('');
}

beforeAll(async () => {
  const witnesses = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(80 + i))));
  sample = await makeSample(cedar, { cosignedBy: (note) => cosigned(note, witnesses) });
  const [origin] = textOf(sample.files, 'log/checkpoint').split('\n');
  const keys = new Map(NAMES.map((name, i) => [name, cosignerKey(name, witnesses[i]!.publicKey)]));
  const logKey = noteKey(origin!, sample.keys.log.publicKey);
  policy = formatWitnessPolicy(thresholdPolicy([logKey], keys, 2));
  truth = await resum(put(sample.files, 'keys/policy.txt', policy), sample.keys.governance);
  rewritten = await exportAnew(sample, (entries) => {
    Object.assign(entries[3]!.data, { pipeline: { name: 'another-pipeline', version: '9.9.9' } });
  });
  home = mkdtempSync(join(tmpdir(), 'sovereign-operator-'));
  writeFileSync(join(home, 'pin.pem'), publicKeyPem(sample.keys.governance.publicKey));
  writeFileSync(join(home, 'policy.txt'), policy);
  writeFileSync(join(home, 'five-lines.sh'), fiveLines());
});
afterAll(() => rmSync(home, { recursive: true }));

/** As docs/bundle-format.md hands them out. */
function fiveLines(): string {
  const [, block] = /```bash\n(set -eo pipefail[^`]*)```/.exec(readFileSync('docs/bundle-format.md', 'utf8'))!;
  expect(block!.trimEnd().split('\n')).toHaveLength(6);
  return block!;
}

let count = 0;
function run(files: readonly BundleFile[], ...args: string[]): { status: number | null; said: string } {
  const dir = join(home, `bundle-${count++}`);
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  const { status, stdout, stderr } = spawnSync('bash', args, { cwd: dir, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}
const byFiveLines = (files: readonly BundleFile[]) => run(files, '../five-lines.sh', '../pin.pem');

const judge = (files: readonly BundleFile[], options: VerifyOptions = {}): Promise<Report> => {
  const governanceKey = sample.keys.governance.publicKey;
  return verifyBundle(memoryReader(files), { governanceKey, replay: createReplay(cedar), ...options });
};
const older = (files: readonly BundleFile[], path: string): Uint8Array => utf8(textOf(files, path));

test('it is another log, and only from entry 3 on', () => {
  const [before, after] = [entriesOf(truth), entriesOf(rewritten)];
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after[3]).not.toEqual(before[3]);
  expect(after).toHaveLength(before.length);
});

describe('he is caught by', () => {
  test('the witness quorum', async () => {
    expect((await judge(truth, { witnessPolicy: policy })).verdicts.nonEquivocation).toBe('pass');
    const report = await judge(rewritten, { witnessPolicy: policy });
    expect(report.problems.map((p) => [p.verdict, p.code])).toEqual([['nonEquivocation', 'no_quorum']]);
    expect(run(rewritten, 'verify.sh', '../pin.pem', '../policy.txt').status).toBe(33);
  });

  test('the witness quorum, with the cosignatures of the true log under the false one', async () => {
    const [note, own] = [textOf(truth, 'log/checkpoint'), textOf(rewritten, 'log/checkpoint')];
    const lines = note.slice(note.indexOf('\n', note.indexOf('\u2014')) + 1);
    const files = rewritten.map(({ path, bytes }) => ({
      path,
      bytes: /^(log\/checkpoint|proofs\/.*)$/.test(path)
        ? utf8(textOf(rewritten, path).replace(own, own + lines))
        : bytes,
    }));
    const given = put(files, 'keys/policy.txt', policy);
    const report = await judge(await resum(given, sample.keys.governance), { witnessPolicy: policy });
    expect(report.verdicts.nonEquivocation).toBe('fail');
  });

  test('an older checkpoint that somebody kept: of the whole log, not one from before entry 3', async () => {
    const kept = older(truth, 'log/checkpoint');
    expect((await judge(truth, { older: kept })).verdicts.nonEquivocation).toBe('pass');
    const report = await judge(rewritten, { older: kept });
    expect(report.problems.map((p) => [p.verdict, p.code])).toEqual([['nonEquivocation', 'rewritten']]);
    const early = older(truth, 'log/checkpoint.old');
    expect((await judge(rewritten, { older: early })).verdicts.nonEquivocation).toBe('pass');
  });
});

describe('he is not caught by', () => {
  test('the verifier without either: it says what it does not know', async () => {
    const { verdicts, problems, reasons } = await judge(rewritten);
    expect(problems).toEqual([]);
    expect(verdicts).toEqual({
      integrity: 'pass',
      authenticity: 'pass',
      nonEquivocation: 'unknown',
      time: 'unknown',
      policyReplay: 'pass',
      execution: 'unknown',
    });
    expect(reasons.nonEquivocation).toMatch(/another log|rewr/i);
  });

  test('the five lines of shell alone, which catch whoever lacks his keys', async () => {
    expect(byFiveLines(truth)).toMatchObject({ status: 0 });
    expect(byFiveLines(rewritten)).toMatchObject({ status: 0 });
    const edited = textOf(truth, 'log/entries.jsonl').replace('"done"', '"dOne"');
    const others = [
      put(truth, 'log/entries.jsonl', edited),
      await resum(put(truth, 'log/entries.jsonl', edited)),
      await resum(put(truth, 'log/entries.jsonl', edited), sample.keys.governance),
      put(truth, 'extra.txt', 'x'),
    ];
    for (const files of others) expect(byFiveLines(files).status).not.toBe(0);
  });

  test('verify.sh without a witness policy, which says so', () => {
    const { status, said } = run(rewritten, 'verify.sh', '../pin.pem');
    expect(status).toBe(0);
    expect(said).toMatch(/^NOT WITNESSED: the owner could show others another log/m);
  });

  test('and that is said wherever a stranger reads how to check', () => {
    const texts = [
      textOf(rewritten, 'README.txt'),
      readFileSync('SECURITY.md', 'utf8'),
      readFileSync('docs/bundle-format.md', 'utf8'),
    ];
    for (const text of texts)
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(/rewrites his own log and signs all of it again passes/i);
  });
});
