import { describe, expect, test } from 'vitest';
import { hex } from '../crypto';
import type { Json } from '../protocol/json';
import type { KeyPurpose } from './types';
import { codeOf, Disk, expectWorking, newDevice, PASSPHRASE, start } from './testkit';

const device = newDevice();

/** A service whose keys were rotated so often, as its log would say. */
async function rotated(disk: Disk, times: Partial<Record<KeyPurpose, number>>) {
  const service = start(disk, device);
  const keys = { ...(await service.create()).public.publicKeys };
  for (const [purpose, steps] of Object.entries(times) as [KeyPurpose, number][])
    keys[purpose] = hex((await service.successor(purpose, steps)).publicKey);
  return { service, keys };
}

describe('keys that the log has in force', () => {
  test('a successor is announced before it is in force, and takes over when the log says so', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { governance: 1 });
    expect(service.identity?.public.publicKeys.governance).not.toBe(keys.governance);
    const identity = await service.follow(keys);
    await expectWorking(identity);
    expect(identity.public.publicKeys).toEqual(keys);
    expect(hex((await service.successor('governance', 0)).publicKey)).toBe(keys.governance);
  });

  test('they are the same after a restart, also where the record of them is gone or wrong', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { log: 3, owner: 1 });
    await service.follow(keys);
    const id = service.identity!.public.nodeId;
    const next = start(disk, device);
    await next.open();
    expect(next.identity?.public).toMatchObject({ publicKeys: keys, nodeId: id });
    const record = disk.records.get('identity.keys') as Record<string, Json>;
    const wrong: Json[] = [{ ...record, indexes: { node: 0, governance: 9, log: 0, owner: 0 } }, 'nonsense'];
    for (const value of [undefined, ...wrong]) {
      const copy = disk.copy();
      if (value === undefined) copy.records.delete('identity.keys');
      else copy.records.set('identity.keys', value);
      const again = start(copy, device);
      await again.open();
      const found = await again.follow(keys);
      expect(found.public).toMatchObject({ publicKeys: keys, nodeId: id });
      await expectWorking(found);
    }
  });

  test('a log with keys of somebody else is not followed', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, {});
    const stranger = await start(new Disk(), newDevice()).create();
    expect(await codeOf(service.follow({ ...keys, log: stranger.public.publicKeys.log }))).toBe('identity_broken');
    expect(disk.records.has('identity.keys')).toBe(false);
  });

  test('a commit that fails leaves the keys that were', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { node: 1 });
    const before = service.identity!.public;
    disk.failing = true;
    await expect(service.follow(keys)).rejects.toThrow('the disk is full');
    expect(service.identity?.public).toEqual(before);
  });

  test('sealing, locking and a lock screen keep them', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { governance: 2 });
    await service.follow(keys);
    expect((await service.seal({ passphrase: PASSPHRASE })).publicKeys).toEqual(keys);
    const next = start(disk, device);
    expect(await next.open()).toMatchObject({ state: 'locked', public: { publicKeys: keys } });
    await expectWorking(await next.unlock({ passphrase: PASSPHRASE }));
    expect(next.identity?.public.publicKeys).toEqual(keys);
  });

  test('a backup brings them back on a clean profile; the phrase alone brings the first ones', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { governance: 1, owner: 2 });
    const first = service.identity!.public.publicKeys;
    await service.follow(keys);
    const file = await service.exportBackup(PASSPHRASE);
    const words = await service.recoveryPhrase();
    const fromFile = await start(new Disk(), newDevice()).restoreFromBackup(file, PASSPHRASE);
    expect(fromFile.public.publicKeys).toEqual(keys);
    await expectWorking(fromFile);
    const other = start(new Disk(), newDevice());
    expect((await other.restoreFromPhrase(words)).public.publicKeys).toEqual(first);
    expect((await other.follow(keys)).public.publicKeys).toEqual(keys);
  });

  test('an older backup over the same identity does not take it back', async () => {
    const disk = new Disk();
    const { service, keys } = await rotated(disk, { log: 1 });
    const file = await service.exportBackup(PASSPHRASE);
    await service.follow(keys);
    await service.seal({ passphrase: PASSPHRASE });
    expect((await start(disk, device).restoreFromBackup(file, PASSPHRASE)).public.publicKeys).toEqual(keys);
  });
});
