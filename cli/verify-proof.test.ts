import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fromUtf8 } from '../src/crypto';
import { makeSample } from '../src/verify/testing/sample';
import { loadCedar } from './home/cedar';
import { runVerify } from './verify';

let home: string;
const at = (name: string): string => join(home, name);
let out = '';
let err = '';
const verify = (...args: string[]): Promise<number> =>
  runVerify(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    loadCedar,
  });

/** A proof that a real bundle holds, its entry, and the bundle's keys as an owner would hand them out. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-proof-'));
  const { files } = await makeSample(cedar);
  const read = (path: string): Uint8Array => files.find((file) => file.path === path)!.bytes;
  const lines = fromUtf8(read('log/entries.jsonl')).split('\n');
  await writeFile(at('0.tlog-proof'), read('proofs/0.tlog-proof'));
  await writeFile(at('entry.json'), `${lines[0]!}\n`);
  await writeFile(at('other.json'), lines[1]!);
  await writeFile(at('log.vkey'), read('keys/log.vkey'));
  await writeFile(at('policy.txt'), read('keys/policy.txt'));
});
afterAll(() => rm(home, { recursive: true }));
beforeEach(() => {
  out = err = '';
});

test('the entry of a real bundle: verified with the log key, only intact without', async () => {
  const before = await readdir(home);
  expect(await verify(at('0.tlog-proof'), '--entry', at('entry.json'), '--log-key', at('log.vkey'))).toBe(0);
  expect(out).toMatch(/^pass {5}integrity .*entry 0 of the \d+/m);
  expect(out).toMatch(/^pass {5}authenticity/m);
  expect(out).toMatch(/\nVERIFIED\.\n$/);
  out = '';
  expect(await verify(at('0.tlog-proof'), '--entry', at('entry.json'))).toBe(0);
  expect(out).toMatch(/\nINTACT, UNAUTHENTICATED: /);
  out = '';
  expect(await verify(at('0.tlog-proof'), '--entry', at('entry.json'), '--witness-policy', at('policy.txt'))).not.toBe(
    2,
  );
  expect(await readdir(home)).toEqual(before);
});

test('another entry, and as JSON: 1', async () => {
  expect(await verify(at('0.tlog-proof'), '--entry', at('other.json'), '--log-key', at('log.vkey'), '--json')).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    format: 'tlog-proof',
    verdicts: { integrity: 'fail', authenticity: 'unknown', policyReplay: 'unknown' },
    problems: [{ code: 'not_included', where: 'entry' }],
  });
});

test('what cannot be read: 2', async () => {
  await writeFile(at('garbage.tlog-proof'), await readFile(at('entry.json')));
  await writeFile(at('huge.tlog-proof'), new Uint8Array(100_000));
  const entry = ['--entry', at('entry.json')];
  for (const args of [
    [at('garbage.tlog-proof'), ...entry],
    [at('huge.tlog-proof'), ...entry],
    [at('missing.tlog-proof'), ...entry],
    [at('0.tlog-proof'), '--entry', home],
    [at('0.tlog-proof'), ...entry, '--log-key', at('entry.json')],
  ]) {
    err = '';
    expect(await verify(...args), args.join(' ')).toBe(2);
    expect(err).toMatch(/^Could not be read: /);
  }
  expect(await verify(at('0.tlog-proof'))).toBe(2);
  expect(err).toContain('--entry entry.json');
});
