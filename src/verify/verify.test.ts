import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../audit';
import { publicKeyPem } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { bytesSource, memoryReader, parseGovernanceKey, VERDICTS, verifyBundle, zipReader } from '.';
import { ENTRY_TYPES } from './chain';
import { drop, put, resum, rewriteLog } from './testing/forge';
import { makeKeys, makeSample, type Sample } from './testing/sample';

let sample: Sample;
let pin: { governanceKey: Uint8Array };
beforeAll(async () => {
  sample = await makeSample(cedar);
  pin = { governanceKey: sample.keys.governance.publicKey };
});

describe('a real bundle', () => {
  test('with the key: integrity and authenticity pass, the rest says that it is unknown and why', async () => {
    const report = await verifyBundle(memoryReader(sample.files), pin);
    expect(report.problems).toEqual([]);
    expect(report.verdicts).toEqual({
      integrity: 'pass',
      authenticity: 'pass',
      nonEquivocation: 'unknown',
      time: 'unknown',
      policyReplay: 'unknown',
      execution: 'unknown',
    });
    for (const name of VERDICTS) expect(report.reasons[name].length).toBeGreaterThan(20);
    expect(report.facts).toMatchObject({ entries: 22, files: sample.files.length, run: null, problems: 0 });
    expect(report.reasons.integrity).toMatch(/22 log entries .* 4 artifacts and 3 statements/);
    expect(report.reasons.authenticity).toMatch(/^22 signatures and 5 work orders/);
  });

  test('without a key it is intact but unauthenticated, never authentic', async () => {
    const report = await verifyBundle(memoryReader(sample.files));
    expect(report.problems).toEqual([]);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'unknown' });
    expect(report.reasons.authenticity).toMatch(/^unauthenticated: no key given from outside/);
  });

  test('the zip says the same as the files', async () => {
    expect(await verifyBundle(await zipReader(bytesSource(sample.zip)), pin)).toEqual(
      await verifyBundle(memoryReader(sample.files), pin),
    );
  });

  test('the same log gives the same bytes', async () => {
    const again = await makeSample(cedar);
    expect(Buffer.from(again.zip).equals(sample.zip)).toBe(true);
  });

  test('a bundle of one run holds that run only, and says so', async () => {
    const one = await makeSample(cedar, { run: 'run-1' });
    expect((await verifyBundle(memoryReader(one.files), pin)).facts).toMatchObject({ run: 'run-1', problems: 0 });
    const other = await makeSample(cedar, { run: 'run-2' });
    const report = await verifyBundle(memoryReader(other.files), pin);
    expect(report.facts).toMatchObject({ run: 'run-2', problems: 0 });
    expect(report.reasons.integrity).toMatch(/ 0 artifacts and 0 statements/);
  });

  test('progress comes in steps, and the signal cancels', async () => {
    const steps: string[] = [];
    await verifyBundle(memoryReader(sample.files), { onProgress: (step) => steps.push(step) });
    expect([...new Set(steps)]).toEqual(['files', 'log', 'statements', 'done']);
    const stop = new AbortController();
    const cancelled = verifyBundle(memoryReader(sample.files), { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('problems are capped, counted, and begin with the first wrong entry', async () => {
    const long = await makeSample(cedar, { more: 300 });
    const torn = await rewriteLog(long.files, (entries) =>
      entries.map((e) => (e.type === 'NODE_STARTED' ? { ...e, v: 2 } : e)),
    );
    const { problems, facts } = await verifyBundle(memoryReader(await resum(torn)));
    expect(problems.length).toBe(LIMITS.bundleProblems);
    expect(facts.problems).toBeGreaterThanOrEqual(300);
    expect(problems.find((p) => p.code === 'bad_entry')?.where).toBe('log/entries.jsonl:23');
  });
});

test("the verifier's list of entry types is the log's", () => {
  expect([...ENTRY_TYPES]).toEqual([...EVENT_TYPES]);
});

describe('what is no bundle', () => {
  test('files of something else', async () => {
    const other = memoryReader([{ path: 'photo.jpg', bytes: new Uint8Array(10) }]);
    await expect(verifyBundle(other)).rejects.toMatchObject({ code: 'not_a_bundle' });
    await expect(verifyBundle(memoryReader([]))).rejects.toMatchObject({ code: 'not_a_bundle' });
  });

  test.each([
    ['../x', 'path_refused'],
    ['/etc/passwd', 'path_refused'],
    ['a\\b', 'path_refused'],
    ['a//b', 'path_refused'],
    ['a/./b', 'path_refused'],
    ['.hidden', 'path_refused'],
    ['-rf', 'path_refused'],
    ['line\nfeed', 'path_refused'],
    ['x'.repeat(513), 'path_refused'],
    ['BUNDLE.json', 'duplicate_name'],
    ['bundle.json/x', 'duplicate_name'],
  ])('a file named %j is refused', (path, code) => {
    const files = [...sample.files, { path, bytes: new Uint8Array(1) }];
    expect(() => memoryReader(files)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('each file is needed', async () => {
    for (const { path } of sample.files.filter((f) => f.path !== 'SHA256SUMS')) {
      const { facts } = await verifyBundle(memoryReader(await resum(drop(sample.files, path))), pin);
      expect(facts.problems, path).toBeGreaterThan(0);
    }
  });

  test('each file is needed, even by who holds the governance key', async () => {
    for (const { path } of sample.files.filter(
      (f) => !/README|verify\.sh|SHA256SUMS|^intoto|^proofs|^log.(tile|checkpoint\.)|policy.txt|decisions/.test(f.path),
    )) {
      const { verdicts } = await verifyBundle(
        memoryReader(await resum(drop(sample.files, path), sample.keys.governance)),
        pin,
      );
      expect(verdicts.integrity, path).toBe('fail');
    }
  });
});

describe('the key from outside', () => {
  test('is read from PEM, forgiving what mail does to it', () => {
    const pem = publicKeyPem(pin.governanceKey);
    for (const text of [pem, `\n ${pem}\n\n`, pem.replaceAll('\n', '\r\n'), pem.trim()])
      expect(parseGovernanceKey(text)).toEqual(Uint8Array.from(pin.governanceKey));
  });

  test.each(['', 'hello', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'x'.repeat(10_000)])(
    'bad_key: %s',
    (text) => {
      expect(() => parseGovernanceKey(text)).toThrow(expect.objectContaining({ code: 'bad_key' }) as Error);
    },
  );

  test('a small-order key is refused, in PEM and as bytes', async () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    expect(() => parseGovernanceKey(publicKeyPem(identity))).toThrow(
      expect.objectContaining({ code: 'bad_key' }) as Error,
    );
    await expect(verifyBundle(memoryReader(sample.files), { governanceKey: identity })).rejects.toMatchObject({
      code: 'bad_key',
    });
  });

  test("another node's key, and another key of this node, fail", async () => {
    const other = (await makeKeys(90)).governance.publicKey;
    for (const governanceKey of [other, sample.keys.owner.publicKey]) {
      const report = await verifyBundle(memoryReader(sample.files), { governanceKey });
      expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'fail' });
      expect(report.problems.map((p) => p.code)).toContain('foreign_key');
    }
  });

  test('a checkpoint with a second signature that nothing vouches for is refused', async () => {
    const note = Buffer.from(sample.files.find((f) => f.path === 'log/checkpoint')!.bytes).toString();
    const line = note.slice(note.lastIndexOf('\u2014'));
    const files = await resum(put(sample.files, 'log/checkpoint', note + line), sample.keys.governance);
    expect((await verifyBundle(memoryReader(files), pin)).problems[0]).toMatchObject({
      code: 'bad_checkpoint',
      where: 'log/checkpoint',
    });
  });
});
