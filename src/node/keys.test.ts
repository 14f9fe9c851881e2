import { describe, expect, test } from 'vitest';
import { fromUtf8, hex, signerFromSeed } from '../crypto';
import { signBody } from '../keys';
import type { KeysView } from '../protocol/messages';
import { bytesSource, verifyBundle, zipReader, type Report } from '../verify';
import { createMemoryStorage, MemoryDisk } from '../storage';
import { call, testNode, TestDevice } from './testkit';
import type { SovereignNode } from './types';

const started = async (device = new TestDevice()): Promise<SovereignNode> => {
  const node = testNode(device);
  await node.start();
  return node;
};
const current = ({ keys }: KeysView, purpose: string): string =>
  keys.findLast((span) => span.purpose === purpose && !span.until)!.key;
const governanceKey = async (node: SovereignNode): Promise<Uint8Array> =>
  Buffer.from((await call(node, 'GetIdentity')).publicKeys.governance, 'hex');

/** Starts something that waits for approval: its id, once it does, and how it ends. Not for acts that need none. */
async function asking<T>(node: SovereignNode, act: () => Promise<T>): Promise<{ id: string; done: Promise<T> }> {
  const asked = new Promise<void>((resolve) => {
    const stop = node.subscribe((event) => {
      if (event.type !== 'approvals' || event.pending === 0) return;
      stop();
      resolve();
    });
  });
  const done = act();
  done.catch(() => undefined);
  await Promise.race([asked, done]);
  const [pending] = await call(node, 'ListApprovals');
  return { id: pending!.id, done };
}

/** Asks for something, and says yes as the owner. */
async function approved<T>(node: SovereignNode, act: () => Promise<T>, note?: string): Promise<T> {
  const { id, done } = await asking(node, act);
  await call(node, 'DecideApproval', { id, verdict: 'yes', ...(note === undefined ? {} : { note }) });
  return done;
}

async function exported(node: SovereignNode, pin: Uint8Array, disclose: string[] = []): Promise<Report> {
  const { sha256 } = await call(node, 'ExportBundle', { disclose });
  const zip = await node.getBlob(sha256);
  if (!('Ok' in zip)) throw new Error('the bundle is not there');
  return verifyBundle(await zipReader(bytesSource(zip.Ok)), { governanceKey: pin });
}

describe('a node whose keys change', () => {
  test.each(['governance', 'log', 'owner', 'node'] as const)(
    '%s: rotated, restarted, exported, verified',
    async (purpose) => {
      const device = new TestDevice();
      const node = await started(device);
      const pin = await governanceKey(node);
      const before = await call(node, 'GetIdentity');
      const view = await approved(node, () => call(node, 'RotateKey', { purpose }));
      const after = await call(node, 'GetIdentity');
      expect(current(view, purpose)).toBe(after.publicKeys[purpose]);
      expect(after.publicKeys).toEqual({ ...before.publicKeys, [purpose]: after.publicKeys[purpose] });
      expect(after.publicKeys[purpose]).not.toBe(before.publicKeys[purpose]);
      expect(after.nodeId).toBe(before.nodeId);
      // Who pinned the old key follows the chain; who was given the new one is right at once.
      for (const key of [pin, await governanceKey(node)])
        expect((await exported(node, key)).verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass' });
      await node.stop();
      const again = await started(device);
      expect((await call(again, 'GetIdentity')).publicKeys).toEqual(after.publicKeys);
      expect((await call(again, 'GetStatus')).phase).toBe('ready');
      await again.stop();
    },
  );

  test('the identity lost beside its log: the phrase finds the keys that the log has in force', async () => {
    const device = new TestDevice();
    const node = await started(device);
    const { words } = await call(node, 'GetRecoveryPhrase');
    await approved(node, () => call(node, 'RotateKey', { purpose: 'log' }));
    await approved(node, () => call(node, 'RotateKey', { purpose: 'governance' }));
    const { publicKeys } = await call(node, 'GetIdentity');
    await node.stop();
    for (const key of ['identity', 'identity.keys']) device.disk.records.delete(key);
    const again = await started(device);
    expect((await call(again, 'GetStatus')).halt?.code).toBe('identity_missing');
    await call(again, 'RestorePhrase', { words });
    expect((await call(again, 'GetStatus')).phase).toBe('ready');
    expect((await call(again, 'GetIdentity')).publicKeys).toEqual(publicKeys);
    await again.stop();
  });

  test('on a clean profile a backup brings the rotated keys to a new log, and the phrase the first ones', async () => {
    const node = await started();
    const { words } = await call(node, 'GetRecoveryPhrase');
    const { publicKeys: first } = await call(node, 'GetIdentity');
    for (const purpose of ['governance', 'node'] as const)
      await approved(node, () => call(node, 'RotateKey', { purpose }));
    const { publicKeys, nodeId } = await call(node, 'GetIdentity');
    const passphrase = 'correct horse battery staple';
    const { file } = await call(node, 'ExportBackup', { passphrase });
    await node.stop();
    const fromFile = await started();
    await call(fromFile, 'RestoreBackup', { file, passphrase });
    // The node key begins again with the first: the id is its hash.
    const restored = await call(fromFile, 'GetIdentity');
    expect(restored).toMatchObject({ nodeId, publicKeys: { ...publicKeys, node: first.node } });
    expect((await exported(fromFile, await governanceKey(fromFile))).problems).toEqual([]);
    const fromPhrase = await started();
    await call(fromPhrase, 'RestorePhrase', { words });
    expect((await call(fromPhrase, 'GetIdentity')).publicKeys).toEqual(first);
    await Promise.all([fromFile.stop(), fromPhrase.stop()]);
  }, 60_000);

  test('revoked: the key is replaced in the same commit, and the pinned one still leads to it', async () => {
    const node = await started();
    const pin = await governanceKey(node);
    const key = hex(pin);
    const revoke = { purpose: 'governance', key, reason: 'compromised' } as const;
    const view = await approved(node, () => call(node, 'RevokeKey', revoke));
    expect(view.keys.find((span) => span.key === key)?.revoked).toMatchObject({ reason: 'compromised' });
    expect(current(view, 'governance')).not.toBe(key);
    const report = await exported(node, pin);
    expect(report.problems).toEqual([]);
    expect(report.verdicts.authenticity).toBe('pass');
    await node.stop();
  });

  test('an owner key that was revoked leaves its successor in charge', async () => {
    const node = await started();
    const { publicKeys } = await call(node, 'GetIdentity');
    const revoke = { purpose: 'owner', key: publicKeys.owner, reason: 'lost' } as const;
    await approved(node, () => call(node, 'RevokeKey', revoke));
    const view = await approved(node, () => call(node, 'RotateKey', { purpose: 'log' }));
    expect(current(view, 'log')).not.toBe(publicKeys.log);
    expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
    await node.stop();
  });

  test('a key that the log never had is not revoked, and nothing is written', async () => {
    const node = await started();
    const { log } = await call(node, 'GetStatus');
    const revoke = { purpose: 'log', key: 'a'.repeat(64), reason: 'other' } as const;
    await expect(approved(node, () => call(node, 'RevokeKey', revoke))).rejects.toMatchObject({ code: 'key_unknown' });
    const { entries } = await call(node, 'ListEntries', { limit: 100, filter: { type: 'KEY_REVOKED' } });
    expect(entries).toEqual([]);
    expect((await call(node, 'GetStatus')).log!.size).toBeGreaterThan(log!.size);
    // A refused change leaves signing open.
    await call(node, 'MakeCheckpoint');
    expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
    await node.stop();
  });

  test('changes need the owner’s approval; refused, nothing changes', async () => {
    const node = await started();
    const before = await call(node, 'ListKeys');
    const { id, done } = await asking(node, () => call(node, 'RotateKey', { purpose: 'log' }));
    const [pending] = await call(node, 'ListApprovals');
    expect(pending!.intent).toMatchObject({ action: 'rotate_key', args: { purpose: 'log' } });
    await call(node, 'DecideApproval', { id, verdict: 'no' });
    await expect(done).rejects.toMatchObject({ code: 'approval_refused' });
    expect(await call(node, 'ListKeys')).toEqual(before);
    await node.stop();
  });
});

/** What a new process finds. */
function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  copy.replaceLog(disk.readLog());
  for (const [key, value] of disk.records) copy.records.set(key, value);
  for (const [key, value] of disk.blobs) copy.blobs.set(key, value);
  return copy;
}

/** The process dies in the n-th write of a rotation, for every n there is: the next start must be whole. */
describe.each(['governance', 'log', 'owner'] as const)('killed while the %s key is rotated', (purpose) => {
  test('at any write, the node starts again with the keys that its log has in force', async () => {
    const outcomes = new Set<boolean>();
    for (let write = 1; ; write++) {
      const device = new TestDevice();
      const { disk } = device;
      const node = testNode(device, { openStorage: () => Promise.resolve(createMemoryStorage({ disk })) });
      await node.start();
      const before = (await call(node, 'GetIdentity')).publicKeys[purpose];
      const { id, done } = await asking(node, () => call(node, 'RotateKey', { purpose }));
      disk.kill = { write, keep: 0 };
      const decided = await call(node, 'DecideApproval', { id, verdict: 'yes' }).then(
        () => true,
        () => false,
      );
      // Where the kill hit the approval itself, nobody is ever answered.
      const finished =
        decided &&
        (await done.then(
          () => true,
          () => false,
        ));
      const killed = disk.kill === undefined;
      // The other process is gone, whatever its object here still tries.
      device.disk = copyOf(disk);
      const again = await started(device);
      const status = await call(again, 'GetStatus');
      expect(status.halt).toBeUndefined();
      expect(status.phase).toBe('ready');
      const now = await call(again, 'GetIdentity');
      const inLog = current(await call(again, 'ListKeys'), purpose);
      expect(now.publicKeys[purpose]).toBe(inLog);
      outcomes.add(inLog !== before);
      const report = await exported(again, await governanceKey(again));
      expect(report.problems).toEqual([]);
      await again.stop();
      await node.stop();
      if (finished && !killed) break;
    }
    // Some kills came before the change, some after.
    expect(outcomes).toEqual(new Set([false, true]));
  }, 120_000);
});

describe('trustees', () => {
  const trustee = (n: number) => signerFromSeed(new Uint8Array(32).fill(60 + n));
  const appointed = async (): Promise<SovereignNode> => {
    const node = await started();
    const trustees: { key: string; name: string }[] = [];
    for (const n of [0, 1, 2])
      trustees.push({ key: hex((await trustee(n)).publicKey), name: n === 2 ? '' : `Trustee ${n}` });
    await approved(node, () => call(node, 'SetTrustees', { needed: 2, trustees }));
    return node;
  };
  const signed = async (text: string, by: number[]) => {
    const signatures = [];
    for (const n of by) {
      const signer = await trustee(n);
      signatures.push({ key: hex(signer.publicKey), signature: await signBody(signer, JSON.parse(text) as object) });
    }
    return signatures;
  };

  test('appointed by name: the owner sees the names, the log their hashes', async () => {
    const node = await appointed();
    const { trustees } = await call(node, 'ListKeys');
    expect(trustees).toMatchObject({
      needed: 2,
      trustees: [{ name: 'Trustee 0' }, { name: 'Trustee 1' }, { name: null }],
    });
    const { entries } = await call(node, 'ListEntries', { limit: 100 });
    expect(entries.some(({ line }) => line.includes('Trustee 0'))).toBe(false);
    await node.stop();
  });

  test('enough of them appoint a new owner key, with which the node goes on', async () => {
    const node = await appointed();
    const { owner } = (await call(node, 'GetIdentity')).publicKeys;
    const { text } = await call(node, 'GetRecoveryText');
    const view = await call(node, 'RecoverOwner', { signatures: await signed(text, [0, 2]) });
    expect(current(view, 'owner')).toBe((await call(node, 'GetIdentity')).publicKeys.owner);
    expect(view.keys.find((span) => span.key === owner)?.revoked).not.toBeNull();
    const { phase } = await call(node, 'GetStatus');
    expect(phase).toBe('ready');
    await approved(node, () => call(node, 'RotateKey', { purpose: 'governance' }));
    expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
    await node.stop();
  });

  test.each([
    ['one too few', [0]],
    ['one of them twice', [1, 1]],
    ['a stranger among them', [0, 1, 7]],
  ])('attack: %s', async (_, by) => {
    const node = await appointed();
    const { text } = await call(node, 'GetRecoveryText');
    const signatures = await signed(text, by);
    await expect(call(node, 'RecoverOwner', { signatures })).rejects.toMatchObject({ code: 'recovery_invalid' });
    const { entries } = await call(node, 'ListEntries', { limit: 10, filter: { type: 'RECOVERY' } });
    expect(entries).toEqual([]);
    await node.stop();
  });

  test('another node signs as a trustee, and signs nothing else', async () => {
    const node = await started();
    const friend = await started();
    const key = (await call(friend, 'GetIdentity')).publicKeys.owner;
    await approved(node, () => call(node, 'SetTrustees', { needed: 1, trustees: [{ key, name: 'Friend' }] }));
    const { text } = await call(node, 'GetRecoveryText');
    await expect(call(friend, 'SignAsTrustee', { text: '{"v":1}' })).rejects.toMatchObject({ code: 'bad_request' });
    const signature = await call(friend, 'SignAsTrustee', { text });
    await call(node, 'RecoverOwner', { signatures: [signature] });
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
    await Promise.all([node.stop(), friend.stop()]);
  });
});

describe('personal fields', () => {
  const NOTE = 'Bob asked me on the phone';
  const noted = async (device = new TestDevice()): Promise<SovereignNode> => {
    const node = await started(device);
    await approved(node, () => call(node, 'RotateKey', { purpose: 'log' }), NOTE);
    return node;
  };

  test('a note on an approval: a hash in the log, shown only where the owner chooses', async () => {
    const node = await noted();
    const pin = await governanceKey(node);
    const [field] = await call(node, 'ListPersonal');
    expect(field).toMatchObject({
      type: 'APPROVAL_DECIDED',
      pointer: '/data/note',
      value: NOTE,
    });
    const { entries } = await call(node, 'ListEntries', { limit: 200 });
    expect(entries.some(({ line }) => line.includes('Bob'))).toBe(false);
    expect((await exported(node, pin)).facts.disclosed).toEqual([]);
    const shown = await exported(node, pin, [field!.sha256]);
    expect(shown.problems).toEqual([]);
    expect(shown.facts.disclosed).toMatchObject([{ seq: field!.seq, value: NOTE }]);
    await node.stop();
  });

  test('erased: gone from the store, every verdict as it was, and never to be shown again', async () => {
    const device = new TestDevice();
    const node = await noted(device);
    const pin = await governanceKey(node);
    const before = await exported(node, pin);
    const [field] = await call(node, 'ListPersonal');
    expect([...device.disk.records.values()].some((text) => text.includes('Bob'))).toBe(true);
    const erased = await approved(node, () => call(node, 'ErasePersonal', { hashes: [field!.sha256] }));
    expect(erased).toEqual({ erased: 1 });
    expect([...device.disk.records.values()].some((text) => text.includes('Bob'))).toBe(false);
    expect(fromUtf8(device.disk.readLog())).toContain(`"OPENING_ERASED"`);
    const after = await exported(node, pin);
    expect(after.verdicts).toEqual(before.verdicts);
    expect(await call(node, 'ListPersonal')).toEqual([]);
    await expect(call(node, 'ExportBundle', { disclose: [field!.sha256] })).rejects.toMatchObject({
      code: 'not_found',
    });
    await node.stop();
  });

  test('a note on a request that is not there leaves no trace', async () => {
    const device = new TestDevice();
    const node = await started(device);
    const unknown = { id: 'a'.repeat(32), verdict: 'yes', note: 'Bob' } as const;
    await expect(call(node, 'DecideApproval', unknown)).rejects.toMatchObject({ code: 'approval_unknown' });
    expect([...device.disk.records.keys()].filter((key) => key.startsWith('opening/'))).toEqual([]);
    await node.stop();
  });
});
