import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cosign,
  cosignerKey,
  formatWitnessPolicy,
  noteKey,
  parseNote,
  signerFromSeed,
  thresholdPolicy,
  utf8,
  type Signer,
} from '../crypto';
import type { BundleFile } from '../protocol/bundle';
import { memoryReader, verifyBundle, type Report, type VerifyOptions } from '.';
import { dataOf, put, resum, rewriteLog, textOf } from './testing/forge';
import { makeSample, type Sample } from './testing/sample';

const NAMES = ['witness.one', 'witness.two', 'witness.three'];
const AFTER = Date.parse('2026-01-02T12:00:00Z') / 1000;

let sample: Sample;
let origin: string;
let witnesses: Map<string, Signer>;
let rewritten: BundleFile[];
beforeAll(async () => {
  sample = await makeSample(cedar);
  origin = textOf(sample.files, 'log/checkpoint').split('\n')[0]!;
  const signers = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(200 + i))));
  witnesses = new Map(NAMES.map((name, i) => [name, signers[i]!]));
  // The operator has every key of the log and of the node, and writes a better past.
  const better = await rewriteLog(
    sample.files,
    (entries) => {
      dataOf(entries, 'STAGE_COMPLETED').summary = 'better';
      return entries;
    },
    sample.keys,
  );
  rewritten = await resum(better, sample.keys.governance);
});

const policyOf = (threshold: number, logOrigin = origin): string => {
  const keys = new Map(NAMES.map((name) => [name, cosignerKey(name, witnesses.get(name)!.publicKey)]));
  return formatWitnessPolicy(thresholdPolicy([noteKey(logOrigin, sample.keys.log.publicKey)], keys, threshold));
};

/** The bundle with these witnesses' lines under its checkpoint, wherever that stands. */
async function cosigned(files: readonly BundleFile[], by: readonly string[], at = AFTER): Promise<BundleFile[]> {
  const note = textOf(files, 'log/checkpoint');
  const { text } = parseNote(note)!;
  const lines = await Promise.all(by.map((name) => cosign(text, name, witnesses.get(name)!, at)));
  const holds = (path: string): boolean => path === 'log/checkpoint' || path.startsWith('proofs/');
  const out = files.map(({ path, bytes }) => ({
    path,
    bytes: holds(path) ? utf8(textOf(files, path).replace(note, note + lines.join(''))) : bytes,
  }));
  return resum(put(out, 'keys/policy.txt', policyOf(by.length)), sample.keys.governance);
}

const judge = (files: readonly BundleFile[], options: VerifyOptions): Promise<Report> =>
  verifyBundle(memoryReader(files), { governanceKey: sample.keys.governance.publicKey, ...options });
const first = (report: Report): string | undefined => report.problems[0]?.code;

describe('witnesses pinned from outside', () => {
  test('enough of them cosigned: nobody was shown another log, and every entry has a bound in time', async () => {
    const files = await cosigned(sample.files, NAMES.slice(0, 2));
    const report = await judge(files, { witnessPolicy: policyOf(2) });
    expect(report.problems).toEqual([]);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', nonEquivocation: 'pass', time: 'pass' });
    expect(report.reasons.time).toBe('All 22 entries existed by 2026-01-02T12:00:00.000Z: enough witnesses say so.');
    expect(report.facts.witnessed).toEqual(
      NAMES.slice(0, 2).map((witness) => ({ size: 22, witness, time: '2026-01-02T12:00:00.000Z' })),
    );
  });

  test('too few of them, none, or one of another name: a failed quorum', async () => {
    for (const by of [[], NAMES.slice(0, 1)]) {
      const report = await judge(await cosigned(sample.files, by), { witnessPolicy: policyOf(2) });
      expect(report.problems.map((p) => p.code)).toEqual(['no_quorum']);
      expect(report.verdicts).toMatchObject({ integrity: 'pass', nonEquivocation: 'fail', time: 'unknown' });
    }
  });

  test('attack: the operator rewrites entry 3 and signs everything again with his own keys', async () => {
    const alone = await judge(rewritten, {});
    expect(alone.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', nonEquivocation: 'unknown' });
    const report = await judge(rewritten, { witnessPolicy: policyOf(2) });
    expect(report.verdicts.nonEquivocation).toBe('fail');
    expect(first(report)).toBe('no_quorum');
  });

  test('attack: he puts the cosignatures of the true log under the rewritten one', async () => {
    const note = textOf(await cosigned(sample.files, NAMES), 'log/checkpoint');
    const lines = note.slice(note.indexOf('\n', note.indexOf('\u2014')) + 1);
    const own = textOf(rewritten, 'log/checkpoint');
    const files = await resum(put(rewritten, 'log/checkpoint', own + lines), sample.keys.governance);
    const report = await judge(files, { witnessPolicy: policyOf(2) });
    expect(report.problems.map((p) => p.code)).toEqual(expect.arrayContaining(['bad_checkpoint', 'no_quorum']));
  });

  test('a witness that nobody named vouches for nothing', async () => {
    const files = put(await cosigned(sample.files, NAMES), 'keys/policy.txt', textOf(sample.files, 'keys/policy.txt'));
    const report = await judge(await resum(files, sample.keys.governance), {});
    expect(report.problems[0]).toMatchObject({ code: 'bad_checkpoint', where: 'log/checkpoint' });
  });

  test('the policy inside the bundle pins nobody', async () => {
    const report = await judge(await cosigned(sample.files, NAMES), {});
    expect(report.problems).toEqual([]);
    expect(report.verdicts).toMatchObject({ nonEquivocation: 'unknown', time: 'unknown' });
  });

  test('a policy for another log fails; one that asks for nobody shows nothing; noise is refused', async () => {
    const files = await cosigned(sample.files, NAMES);
    const other = await judge(files, { witnessPolicy: policyOf(2, 'sovereign-node/0000000000000000') });
    expect(first(other)).toBe('foreign_log');
    expect((await judge(files, { witnessPolicy: policyOf(0) })).verdicts.nonEquivocation).toBe('unknown');
    for (const witnessPolicy of ['', 'hello', policyOf(2).replace('quorum', 'quorun')])
      await expect(judge(files, { witnessPolicy })).rejects.toMatchObject({ code: 'bad_policy' });
    const mailed = `${policyOf(2).replaceAll('\n', '\r\n')}\r\n`;
    expect((await judge(files, { witnessPolicy: mailed })).verdicts.nonEquivocation).toBe('pass');
  });
});

describe('time', () => {
  const witnessPolicy = (): string => policyOf(2);
  const lastTime = Date.parse('2026-01-02T03:05:00Z') / 1000;

  test('an entry later than a witness saw it, past what clocks may differ, fails', async () => {
    const report = await judge(await cosigned(sample.files, NAMES, lastTime - 3600), {
      witnessPolicy: witnessPolicy(),
    });
    expect(report.verdicts).toMatchObject({ integrity: 'pass', nonEquivocation: 'pass', time: 'fail' });
    expect(report.problems[0]).toMatchObject({ code: 'later_than_seen', where: 'log/entries.jsonl:22' });
  });

  test('a clock a minute ahead passes', async () => {
    const report = await judge(await cosigned(sample.files, NAMES, lastTime - 60), { witnessPolicy: witnessPolicy() });
    expect(report.verdicts.time).toBe('pass');
  });
});

describe('an older checkpoint from outside', () => {
  const older = (files: readonly BundleFile[], path = 'log/checkpoint'): Uint8Array => utf8(textOf(files, path));

  test('of this log: nothing was rewritten since', async () => {
    for (const path of ['log/checkpoint', 'log/checkpoint.old']) {
      const report = await judge(sample.files, { older: older(sample.files, path) });
      expect(report.problems).toEqual([]);
      expect(report.verdicts.nonEquivocation).toBe('pass');
    }
  });

  test('attack: the operator who rewrote his log is caught', async () => {
    const report = await judge(rewritten, { older: older(sample.files) });
    expect(report.problems).toMatchObject([{ code: 'rewritten', verdict: 'nonEquivocation' }]);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', nonEquivocation: 'fail' });
  });

  test('attack: a log that was cut since', async () => {
    const cut = await rewriteLog(sample.files, (entries) => entries.slice(0, 8), sample.keys);
    const files = await resum(cut, sample.keys.governance);
    expect((await judge(files, { older: older(sample.files) })).problems.map((p) => p.code)).toContain('rolled_back');
  });

  test('of another log, signed by nobody, or noise', async () => {
    const note = textOf(sample.files, 'log/checkpoint');
    const foreign = await judge(sample.files, {
      older: utf8(note.replaceAll(origin, 'sovereign-node/0000000000000000')),
    });
    expect(first(foreign)).toBe('foreign_log');
    const unsigned = await judge(sample.files, { older: utf8(note.replace('\n22\n', '\n21\n')) });
    expect(first(unsigned)).toBe('older_not_signed');
    for (const bytes of [new Uint8Array(), utf8('hello'), new Uint8Array(100_000)])
      await expect(judge(sample.files, { older: bytes })).rejects.toMatchObject({ code: 'bad_checkpoint' });
  });

  test('both were given: both must hold', async () => {
    const files = await cosigned(sample.files, NAMES);
    const both = await judge(files, { witnessPolicy: policyOf(2), older: older(sample.files) });
    expect(both.reasons.nonEquivocation).toMatch(/witnesses .*; and its first 22 entries/);
    const one = await judge(sample.files, { witnessPolicy: policyOf(2), older: older(sample.files) });
    expect(one.verdicts.nonEquivocation).toBe('fail');
  });

  test('attack: the older checkpoint in the bundle is of another history that the log key signed', async () => {
    const files = await resum(
      put(sample.files, 'log/checkpoint.old', textOf(rewritten, 'log/checkpoint').replace('\n22\n', '\n21\n')),
      sample.keys.governance,
    );
    expect((await judge(files, {})).verdicts.integrity).toBe('fail');
  });
});

describe('what follows from the log is what is here', () => {
  const derived = (path: string): boolean =>
    /^(log\/(tile|checkpoint\.)|proofs\/|intoto\/|policy\/decisions|keys\/)/.test(path);

  test('each such file, changed or taken away by who holds the governance key, is missed', async () => {
    for (const { path, bytes } of sample.files.filter((f) => derived(f.path))) {
      for (const files of [put(sample.files, path, bytes.slice(1)), sample.files.filter((f) => f.path !== path)]) {
        const { verdicts } = await judge(await resum(files, sample.keys.governance), {});
        expect(verdicts.integrity, path).toBe('fail');
      }
    }
  });

  test.each([
    'log/tile/0/001',
    'log/more',
    'proofs/3.tlog-proof',
    'intoto/run-1/x.link',
    'keys/other.pem',
    'notes.txt',
    'disclosed/x',
  ])('%s has no place in a bundle', async (path) => {
    const files = await resum(put(sample.files, path, 'x'), sample.keys.governance);
    expect((await judge(files, {})).problems).toMatchObject([{ where: path, verdict: 'integrity' }]);
  });

  test('a signature of another key in in-toto metadata', async () => {
    const path = 'intoto/run-1/root.layout';
    const files = put(sample.files, path, textOf(sample.files, path).replace(/"sig":"[0-9a-f]{4}/, '"sig":"0000'));
    const report = await judge(await resum(files, sample.keys.governance), {});
    expect(report.problems).toMatchObject([{ code: 'bad_signature', where: path, verdict: 'authenticity' }]);
  });
});
