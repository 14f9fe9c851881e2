import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hex, jcs } from '../src/crypto';
import { holds, type Recovery } from '../src/keys';
import { call } from './client';
import { openHome } from './home/home';
import { homeNode } from './home/node';
import { runTrustee } from './trustee';

const assets = new URL('../public/', import.meta.url);
const noSkills = { run: () => Promise.reject(new Error('no skill runs here')) };
let dir: string;
let home: string;
let owner: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trustee-'));
  home = await openHome(join(dir, 'home'));
  const node = homeNode(home, assets, noSkills);
  await node.start();
  owner = (await call(node, 'GetIdentity')).publicKeys.owner;
  await node.stop();
});
afterAll(() => rm(dir, { recursive: true }));

const RECOVERY: Recovery = {
  v: 1,
  type: 'RECOVERY',
  origin: 'sovereign-node/0123456789abcdef',
  index: 1,
  previous: hex(new Uint8Array(32).fill(1)),
  key: hex(new Uint8Array(32).fill(2)),
  next: { owner: hex(new Uint8Array(32).fill(3)) },
  trustees_sha256: hex(new Uint8Array(32).fill(4)),
};

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runTrustee(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}
async function signing(text: string, where = home): Promise<Awaited<ReturnType<typeof run>>> {
  const file = join(dir, 'recovery.json');
  await writeFile(file, text);
  return run('sign', file, '--home', where);
}

describe('sovereign trustee', () => {
  test('key: the owner key to be named by', async () => {
    expect(await run('key', '--home', home)).toEqual({ code: 0, out: `${owner}\n`, err: '' });
  });

  test('sign: one line that holds for exactly this text', async () => {
    const { code, out, err } = await signing(`${jcs(RECOVERY)}\n`);
    expect(code).toBe(0);
    expect(err).toContain(RECOVERY.origin);
    const { key, signature } = JSON.parse(out) as { key: string; signature: string };
    expect(key).toBe(owner);
    expect(await holds({ key, signature, body: RECOVERY, flaw: '' })).toBe(true);
    expect(await holds({ key, signature, body: { ...RECOVERY, key: RECOVERY.previous }, flaw: '' })).toBe(false);
  });

  test.each([
    ['spaces', JSON.stringify(RECOVERY, null, 2)],
    ['one more field', jcs({ ...RECOVERY, also: 'this' })],
    ['another type', jcs({ ...RECOVERY, type: 'KEY_REVOKED' })],
    ['no JSON', 'please sign this'],
    ['nothing', ''],
  ])('attack: a text with %s is not signed', async (_, text) => {
    const { code, out } = await signing(text);
    expect([code, out]).toEqual([2, '']);
  });

  test('a home without a node makes none', async () => {
    const { code, err } = await signing(jcs(RECOVERY), join(dir, 'nowhere'));
    expect(code).toBe(1);
    expect(err).toContain('There is no node in');
  });

  test.each([[[]], [['sign']], [['key', 'more']], [['other']], [['key', '--what']]])(
    'wrong usage: %j',
    async (argv) => {
      const { code, err } = await run(...argv);
      expect(code).toBe(2);
      expect(err).toContain('Usage: sovereign trustee');
    },
  );
});
