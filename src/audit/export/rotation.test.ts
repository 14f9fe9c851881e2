/** Bundles of a log whose keys were replaced and revoked: what verify.sh and ssh-keygen make of them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicKeyPem, type Signer } from '../../crypto';
import { genesisData, keyOf, ORIGIN, revocationData, rotationData, signerOf, type Data } from '../../keys/testkit';
import type { BundleKey } from '../../protocol/bundle';
import { createMemoryStorage } from '../../storage';
import { unpack } from '../../verify/testing/sample';
import { openLog } from '../log';
import type { EventType } from '../types';
import { buildBundle } from './build';
import { zipBundle } from './zip';

let home: string;
let count = 0;
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'sovereign-rotation-'))));
afterAll(() => rmSync(home, { recursive: true }));

/** The directory of a bundle of a log with these entries, signed by the given governance key. */
async function exported(governance: Signer, ...entries: readonly (readonly [EventType, Data])[]): Promise<string> {
  const [node, log, owner] = await Promise.all(['node', 'log', 'owner'].map((name) => signerOf(name)));
  const signers: Record<BundleKey, Signer> = { governance, node: node!, log: log!, owner: owner! };
  const storage = createMemoryStorage();
  await storage.claimWriter();
  let now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const clock = { now: () => (now += 60_000) };
  const opened = await openLog({ storage, signer: log!, origin: ORIGIN, clock, schedule: () => () => undefined });
  for (const [type, data] of entries) await opened.append({ type, data });
  const { blobs } = storage;
  const packed = await buildBundle({ log: opened, blobs, checkpoint: await opened.checkpoint(), signers, run: null });
  await opened.close();
  const dir = join(home, `bundle-${count++}`);
  for (const { path, bytes } of await unpack(zipBundle(packed))) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  writeFileSync(`${dir}.pem`, publicKeyPem(governance.publicKey));
  return dir;
}

const verify = (dir: string, pin = `${dir}.pem`): number | null =>
  spawnSync('bash', ['verify.sh', pin], { cwd: dir }).status;
const signers = (dir: string): string[] => readFileSync(join(dir, 'keys/allowed_signers'), 'utf8').trim().split('\n');
/** `ssh-keygen -Q` says of each key in the list whether it is revoked, and ends with 1 when one is. */
function isRevoked(dir: string, signer: string): boolean {
  writeFileSync(join(home, 'key.pub'), `${signer.split(' ').slice(2).join(' ')}\n`);
  const { status } = spawnSync('ssh-keygen', ['-Q', '-f', join(dir, 'keys/revoked.krl'), join(home, 'key.pub')]);
  return status === 1;
}

describe('a governance key that was replaced', () => {
  test('the new one signs, from then on; the old one may until then', async () => {
    const first = await exported(await signerOf('governance'), ['GENESIS', await genesisData()]);
    const dir = await exported(
      await signerOf('governance', 1),
      ['GENESIS', await genesisData()],
      ['KEY_ROTATED', await rotationData('governance', { index: 1 })],
      ['NODE_STARTED', {}],
    );
    expect(verify(first)).toBe(0);
    expect(verify(dir)).toBe(0);
    expect(verify(dir, `${first}.pem`)).toBe(33);
    const [old, now] = signers(dir);
    expect(signers(dir)).toHaveLength(2);
    expect(old).toContain('valid-after="20260102030505Z",valid-before="20260102030605Z"');
    expect(now).toContain('namespaces="sovereign-bundle",valid-after="20260102030605Z" ssh-ed25519');
    expect([isRevoked(dir, old!), isRevoked(dir, now!)]).toEqual([false, false]);
  });

  test('signs no more, in the eyes of the exporter too', async () => {
    const late = exported(
      await signerOf('governance'),
      ['GENESIS', await genesisData()],
      ['KEY_ROTATED', await rotationData('governance', { index: 1 })],
    );
    await expect(late).rejects.toMatchObject({ code: 'bad_bundle' });
  });
});

test('a governance key that was revoked is in the list of revoked keys, its successor is not', async () => {
  const dir = await exported(
    await signerOf('governance', 1),
    ['GENESIS', await genesisData()],
    ['NODE_STARTED', {}],
    ['KEY_REVOKED', await revocationData('governance', keyOf('governance'), 1, ['owner', 0])],
    ['KEY_ROTATED', await rotationData('governance', { index: 1, by: ['owner'] })],
    ['NODE_STARTED', {}],
  );
  expect(verify(dir)).toBe(0);
  const [old, now] = signers(dir);
  expect([isRevoked(dir, old!), isRevoked(dir, now!)]).toEqual([true, false]);
});
