import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicKeyPem } from '../src/crypto';
import { put, textOf } from '../src/verify/testing/forge';
import { makeRunsSample } from '../src/verify/testing/runs';
import { makeSample, type Sample } from '../src/verify/testing/sample';
import { buildConstants } from './lib/constants.mjs';
import { buildVerifier, VERIFIER } from './lib/verifier.mjs';

let home: string;
let built: string;
let text: string;
let sample: Sample;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-verifier-'));
  built = join(home, VERIFIER);
  text = await buildVerifier(buildConstants('0123456789abcdef'));
  await writeFile(built, text);
  sample = await makeSample(cedar);
});
afterAll(() => rm(home, { recursive: true }));

/** Runs the file with bare Node in a directory that holds nothing but it and these files. */
async function run(name: string, files: Record<string, Uint8Array | string>, ...args: string[]) {
  const dir = join(home, name);
  await mkdir(dir);
  await copyFile(built, join(dir, VERIFIER));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  const before = await readdir(dir, { recursive: true });
  const answer = await new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [VERIFIER, ...args], { cwd: dir, env: {} }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
  expect(await readdir(dir, { recursive: true }), 'nothing is written').toEqual(before);
  return answer;
}

const key = (): string => publicKeyPem(sample.keys.governance.publicKey);
const directory = (files: readonly { path: string; bytes: Uint8Array }[]): Record<string, Uint8Array> =>
  Object.fromEntries(files.map(({ path, bytes }) => [`bundle/${path}`, bytes]));

describe('the verifier in one file', () => {
  test('is readable, and imports nothing but Node', async () => {
    const imports = [...text.matchAll(/^(?:import|export) .* from "(.*)";$/gm)].map((match) => match[1]!);
    expect(imports.length).toBeGreaterThan(3);
    expect(imports.filter((from) => !from.startsWith('node:'))).toEqual([]);
    expect(text).not.toMatch(/\bimport\(|\brequire\(/);
    expect(text).toMatch(/^async function verifyBundle\(reader, options = \{\}\) \{$/m);
    expect(text).toContain('Judges a bundle by its bytes alone');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(2_000);
  });

  test('a real bundle: every verdict that it can reach, decisions made again', async () => {
    const { code, out, err } = await run(
      'real',
      { 'bundle.zip': sample.zip, 'key.pem': key() },
      'bundle.zip',
      '--key',
      'key.pem',
      '--json',
    );
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      format: 'sovereign-bundle',
      verdicts: { integrity: 'pass', authenticity: 'pass', policyReplay: 'pass' },
      problems: [],
    });
    expect(code).toBe(0);
  });

  test('with --replay it makes runs of skills again, in the same file', async () => {
    const runs = await makeRunsSample(cedar);
    const pem = publicKeyPem(runs.keys.governance.publicKey);
    const files = { 'bundle.zip': runs.zip, 'key.pem': pem };
    const { code, out } = await run('replay', files, 'bundle.zip', '--key', 'key.pem', '--replay', '--json');
    expect(JSON.parse(out)).toMatchObject({ verdicts: { integrity: 'pass', execution: 'pass' }, problems: [] });
    expect(code).toBe(0);
  });

  test('a tampered bundle, as a directory: 1, and the place', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').replace('"done"', '"dOne"');
    const files = directory(put(sample.files, 'log/entries.jsonl', text));
    const { code, out } = await run('tampered', { ...files, 'key.pem': key() }, 'bundle', '--key', 'key.pem');
    expect(code).toBe(1);
    expect(out).toMatch(/log\/entries\.jsonl:\d+: Entry \d+: it does not carry the hash of the line before it/);
    expect(out).toMatch(/NOT VERIFIED\n$/);
  });

  test('what is no bundle: 2; without its end it says so', async () => {
    expect((await run('noise', { noise: 'noise' }, 'noise')).code).toBe(2);
    const cut = text.slice(0, text.lastIndexOf('/* cedar'));
    const { code, err } = await run('cut', { [VERIFIER]: cut, 'bundle.zip': sample.zip }, 'bundle.zip');
    expect(code).not.toBe(0);
    expect(err).toMatch(/not whole/);
  });
});
