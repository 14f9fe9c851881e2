import { beforeEach, describe, expect, test } from 'vitest';
import { RECORD_KEY } from './record';
import type { Identity, IdentityService } from './types';
import { Disk, PASSPHRASE, codeOf, expectWorking, newDevice, start, type Device } from './testkit';

let disk: Disk;
let device: Device;
beforeEach(() => {
  disk = new Disk();
  device = newDevice();
});

async function created(): Promise<{ service: IdentityService; identity: Identity; words: string[] }> {
  const service = start(disk, device);
  const identity = await service.create();
  return { service, identity, words: await service.recoveryPhrase() };
}

describe('a copied store', () => {
  test('on another device is clone_suspected, whatever the seal, and opens nothing', async () => {
    const { service } = await created();
    const elsewhere = newDevice({ hostname: 'thief' });
    const copy = start(disk.copy(), elsewhere);
    expect(await copy.open()).toMatchObject({ state: 'broken', code: 'clone_suspected' });
    expect(copy.identity).toBeUndefined();
    await service.seal({ passphrase: PASSPHRASE });
    const sealed = start(disk.copy(), elsewhere);
    expect(await sealed.open()).toMatchObject({ state: 'broken', code: 'clone_suspected' });
    expect(await codeOf(sealed.unlock({ passphrase: PASSPHRASE }))).toBe('clone_suspected');
  });

  test('on a twin with the same traits but another device key is clone_suspected too', async () => {
    await created();
    const twin = newDevice(device.traits);
    expect(await start(disk.copy(), twin).open()).toMatchObject({ code: 'clone_suspected' });
    await twin.deviceKey.wrap(new Uint8Array(32));
    expect(await start(disk.copy(), twin).open()).toMatchObject({ code: 'clone_suspected' });
  });

  test('is bound again by its recovery phrase, and by no other', async () => {
    const { identity, words } = await created();
    const other = start(new Disk(), newDevice());
    await other.create();
    const copy = disk.copy();
    const moved = newDevice({ hostname: 'new desk' });
    const service = start(copy, moved);
    expect(await codeOf(service.rebind(await other.recoveryPhrase()))).toBe('bad_phrase');
    expect(await codeOf(service.rebind(words.slice(1)))).toBe('bad_phrase');
    expect(service.identity).toBeUndefined();
    const bound = await service.rebind(words);
    expect(bound.public).toEqual(identity.public);
    await expectWorking(bound);
    expect(await start(copy, moved).open()).toMatchObject({ state: 'open' });
    expect(await start(disk, device).open()).toMatchObject({ state: 'open' });
  });
});

describe('restore', () => {
  test('by phrase and by backup on a clean profile gives the same keys', async () => {
    const { service, identity, words } = await created();
    const file = await service.exportBackup(PASSPHRASE);
    const byPhrase = await start(new Disk(), newDevice()).restoreFromPhrase(words);
    const byFile = await start(new Disk(), newDevice()).restoreFromBackup(file, PASSPHRASE);
    for (const restored of [byPhrase, byFile]) {
      expect(restored.public.publicKeys).toEqual(identity.public.publicKeys);
      await expectWorking(restored);
    }
    expect(byFile.public).toEqual(identity.public);
  });

  test('replaces nothing that works', async () => {
    const { service } = await created();
    const mine = structuredClone(disk.records);
    const other = start(new Disk(), newDevice());
    await other.create();
    const words = await other.recoveryPhrase();
    const file = await other.exportBackup(PASSPHRASE);
    for (const target of [service, start(disk, device), start(disk, newDevice({ hostname: 'elsewhere' }))]) {
      expect(await codeOf(target.restoreFromPhrase(words))).toBe('identity_exists');
      expect(await codeOf(target.restoreFromBackup(file, PASSPHRASE))).toBe('identity_exists');
    }
    expect(disk.records).toEqual(mine);
  });

  test('of the same identity is the way out of a forgotten passphrase', async () => {
    const { service, identity, words } = await created();
    await service.seal({ passphrase: PASSPHRASE });
    const restored = await start(disk, device).restoreFromPhrase(words);
    expect(restored.public).toEqual(identity.public);
    expect(await start(disk, device).open()).toMatchObject({ state: 'open' });
  });

  test('over an unreadable record works and keeps what was there', async () => {
    const { identity, words } = await created();
    disk.records.set(RECORD_KEY, { v: 1, torn: true });
    const service = start(disk, device);
    expect(await service.open()).toMatchObject({ state: 'broken', code: 'identity_broken' });
    expect(await codeOf(service.create())).toBe('identity_exists');
    expect(await codeOf(service.rebind(words))).toBe('identity_broken');
    expect((await service.restoreFromPhrase(words)).public.publicKeys).toEqual(identity.public.publicKeys);
    expect(disk.records.get('identity.unreadable')).toEqual({ v: 1, torn: true });
  });
});
