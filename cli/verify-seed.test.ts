import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { publicKeyPem } from '../src/crypto';
import { loadCedar } from './home/cedar';
import { runVerify } from './verify';

const SEED = 'docs/vectors/seed';
let home: string;
const at = (name: string): string => join(home, name);
let out = '';
const verify = (...args: string[]): Promise<number> =>
  runVerify(args, {
    out: (text) => (out += text),
    err: () => undefined,
    loadCedar,
  });
const json = (): { format: string; verdicts: Record<string, string>; problems: { code: string; where: string }[] } =>
  JSON.parse(out) as ReturnType<typeof json>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-seed-'));
  const bundle = await readFile(`${SEED}/compliance_bundle.json`);
  await writeFile(at('compliance.zip'), zipSync({ 'compliance_bundle.json': bundle }));
  await writeFile(at('tampered.json'), bundle.toString().replace('"success"', '"failure"'));
  await writeFile(at('torn.json'), bundle.subarray(0, 9_000));
  const { public_key } = JSON.parse(bundle.toString()) as { public_key: string };
  await writeFile(at('own.pem'), publicKeyPem(Uint8Array.from(Buffer.from(public_key, 'hex'))));
});
afterAll(() => rm(home, { recursive: true }));
beforeEach(() => {
  out = '';
});

describe("sovereign verify of the seed's files", () => {
  test('under whatever name, also that of a file of our own bundles', async () => {
    for (const name of ['bundle.json', 'SHA256SUMS', 'my évidence.txt']) {
      await writeFile(at(name), await readFile(`${SEED}/compliance_bundle.json`));
      out = '';
      expect(await verify(at(name), '--json'), name).toBe(0);
      expect(json()).toMatchObject({ format: 'seed-compliance-bundle', verdicts: { integrity: 'pass' } });
    }
  });

  test.each([
    ['compliance_bundle.json', 'seed-compliance-bundle', 21],
    ['immutable_audit.jsonl', 'seed-audit-log', 5],
  ])('%s: 0, intact, unauthenticated', async (name, format, blocks) => {
    expect(await verify(`${SEED}/${name}`)).toBe(0);
    expect(out).toMatch(/^pass {5}integrity/m);
    expect(out).toMatch(/^unknown {2}authenticity {6}intact, unauthenticated: /m);
    expect(out).toMatch(new RegExp(`^Blocks {2}${blocks}, 2026-11-21T.* \\(${format}\\)$`, 'm'));
    expect(out).toMatch(/\nINTACT, UNAUTHENTICATED: nothing in this format shows who wrote it\.\n$/);
  });

  test('the same in a zip, as JSON', async () => {
    expect(await verify(at('compliance.zip'), '--json')).toBe(0);
    expect(json()).toMatchObject({
      format: 'seed-compliance-bundle',
      verdicts: { integrity: 'pass', authenticity: 'unknown', nonEquivocation: 'unknown' },
      problems: [{ code: 'truncated_signature' }],
    });
  });

  test('tampered: 1, with the block; and nothing is created beside it', async () => {
    const before = await readdir(home);
    expect(await verify(at('tampered.json'), '--json')).toBe(1);
    expect(json().problems[0]).toEqual({
      code: 'wrong_hash',
      where: 'compliance_bundle.json:audit_trail.blocks[5]',
      message: expect.stringMatching(/^Block 5: it was changed after it was hashed/),
    });
    out = '';
    expect(await verify(at('torn.json'))).toBe(1);
    expect(out).toMatch(/^fail {5}integrity .*not JSON as Python reads it/m);
    expect(out).toMatch(/\nNOT VERIFIED\n$/);
    expect(await readdir(home)).toEqual(before);
  });

  test('with the very key that is inside: 1, for authenticity was asked for and nothing can show it', async () => {
    expect(await verify(`${SEED}/compliance_bundle.json`, '--key', at('own.pem'))).toBe(1);
    expect(out).toMatch(/^unknown {2}authenticity/m);
    expect(out).not.toMatch(/^VERIFIED/m);
  });
});
