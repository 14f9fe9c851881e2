import { describe, expect, test } from 'vitest';
import { hex } from '../crypto';
import { createMemoryStorage, MemoryDisk } from '../storage';
import { KILLED, listen } from './testing/console';
import { approved, asking, current, exported, governanceKey, started } from './testing/owner';
import { call, testNode, TestDevice } from './testkit';

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
  });

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
    const said = listen();
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
    expect(said()).toEqual([KILLED]);
  });
});
