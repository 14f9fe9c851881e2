import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../protocol/runtime';
import { StorageError } from '../storage/types';
import { base64, hex, utf8, verifySignature } from '../crypto';
import { deriveSeed } from './keys';
import { rootOfPhrase } from './phrase';
import { ARGON2 } from './passphrase';
import { RECORD_KEY } from './record';
import { createIdentityService } from './service';
import { KEY_PURPOSES, type Identity, type IdentityService, type Sealing } from './types';
import { CHEAP, Disk, PASSPHRASE, codeOf, newDevice, softPasskeys, start, type Device } from './testkit';

let disk: Disk;
let device: Device;
beforeEach(() => {
  disk = new Disk();
  device = newDevice();
});

/** Signing keys that work, and are those announced. */
async function expectWorking(identity: Identity): Promise<void> {
  for (const purpose of KEY_PURPOSES) {
    const signer = identity.signers[purpose];
    expect(hex(signer.publicKey)).toBe(identity.public.publicKeys[purpose]);
    const signature = await signer.sign(utf8(purpose));
    expect(await verifySignature(signer.publicKey, utf8(purpose), signature)).toBe(true);
  }
}

async function created(): Promise<{ service: IdentityService; identity: Identity; words: string[] }> {
  const service = start(disk, device);
  const identity = await service.create();
  return { service, identity, words: await service.recoveryPhrase() };
}

describe('first start', () => {
  test('is fresh, makes four distinct keys, and opens by itself from then on', async () => {
    const service = start(disk, device);
    expect(await service.open()).toEqual({ state: 'fresh' });
    const identity = await service.create();
    await expectWorking(identity);
    expect(new Set(Object.values(identity.public.publicKeys)).size).toBe(4);
    expect(identity.public).toMatchObject({
      seal: 'device',
      words: expect.stringMatching(/^\w+ \w+ \w+ \w+$/) as string,
    });

    const again = await start(disk, device).open();
    if (again.state !== 'open') throw new Error(again.state);
    expect(again.identity.public).toEqual(identity.public);
    await expectWorking(again.identity);
  });

  test('two installs have nothing in common', async () => {
    const a = await created();
    const b = await start(new Disk(), newDevice()).create();
    expect(b.public.nodeId).not.toBe(a.identity.public.nodeId);
    expect(b.public.words).not.toBe(a.identity.public.words);
  });

  test('refuses to make a second identity, also when asked twice at once', async () => {
    const service = start(disk, device);
    const results = await Promise.all([codeOf(service.create()), codeOf(service.create())]);
    expect(results).toEqual(['none', 'identity_exists']);
    expect(await codeOf(start(disk, device).create())).toBe('identity_exists');
  });
});

describe('seals', () => {
  const seals: [string, Sealing][] = [
    ['passphrase', { passphrase: PASSPHRASE }],
    ['passkey', { passkey: true }],
  ];
  test.each(seals)('%s: locked after a restart, unlocks to the same keys, unseals again', async (kind, how) => {
    const passkey = softPasskeys();
    const first = start(disk, device, { passkey });
    const { public: before } = await first.create();
    expect(await first.seal(how)).toEqual({ ...before, seal: kind });
    expect(first.identity?.public.seal).toBe(kind);

    const second = start(disk, device, { passkey });
    expect(await second.open()).toEqual({ state: 'locked', public: { ...before, seal: kind } });
    expect(second.identity).toBeUndefined();
    expect(await codeOf(second.recoveryPhrase())).toBe('locked');
    expect(await codeOf(second.exportBackup(PASSPHRASE))).toBe('locked');
    expect(await codeOf(second.seal({ unseal: true }))).toBe('locked');
    if ('unseal' in how) throw new Error('not a lock');
    await expectWorking(await second.unlock(how));
    expect(await second.seal({ unseal: true })).toEqual(before);
    expect(await start(disk, device).open()).toMatchObject({ state: 'open', identity: { public: before } });
  });

  test('a wrong passphrase opens nothing, the right one after it does', async () => {
    const { service } = await created();
    await service.seal({ passphrase: PASSPHRASE });
    const locked = start(disk, device);
    for (const wrong of ['', `${PASSPHRASE} `, PASSPHRASE.toUpperCase(), 'x'.repeat(5000)]) {
      expect(await codeOf(locked.unlock({ passphrase: wrong }))).toBe('wrong_passphrase');
      expect(locked.identity).toBeUndefined();
    }
    await expectWorking(await locked.unlock({ passphrase: PASSPHRASE }));
  });

  test('the same passphrase typed with composed and decomposed letters is the same', async () => {
    const { service } = await created();
    await service.seal({ passphrase: 'Zürich liegt am See'.normalize('NFC') });
    await expectWorking(await start(disk, device).unlock({ passphrase: 'Zürich liegt am See'.normalize('NFD') }));
  });

  test('another passkey, none, or the wrong kind of answer opens nothing', async () => {
    const passkey = softPasskeys();
    await start(disk, device, { passkey }).create();
    const service = start(disk, device, { passkey });
    await service.open();
    await service.seal({ passkey: true });
    expect(await codeOf(start(disk, device).unlock({ passkey: true }))).toBe('passkey_unavailable');
    expect(await codeOf(start(disk, device, { passkey: softPasskeys() }).unlock({ passkey: true }))).toBe(
      'wrong_passkey',
    );
    const zeros = { ...passkey, get: () => Promise.resolve(new Uint8Array(32)) };
    expect(await codeOf(start(disk, device, { passkey: zeros }).unlock({ passkey: true }))).toBe('wrong_passkey');
    const short = { ...passkey, get: () => Promise.resolve(new Uint8Array(31)) };
    expect(await codeOf(start(disk, device, { passkey: short }).unlock({ passkey: true }))).toBe('passkey_unavailable');
    expect(await codeOf(start(disk, device, { passkey }).unlock({ passphrase: PASSPHRASE }))).toBe('wrong_passphrase');
  });

  test('a device-sealed identity does not take any passphrase for the right one', async () => {
    await created();
    expect(await codeOf(start(disk, device).unlock({ passphrase: PASSPHRASE }))).toBe('wrong_passphrase');
  });

  test.each(['', 'short', 'aaaaaaaaaaaaaaaa', 'x'.repeat(2000)])(
    'weak passphrase %#: refused, nothing changed',
    async (weak) => {
      const { service } = await created();
      const before = structuredClone(disk.records);
      expect(await codeOf(service.seal({ passphrase: weak }))).toBe('weak_passphrase');
      expect(await codeOf(service.exportBackup(weak))).toBe('weak_passphrase');
      expect(disk.records).toEqual(before);
    },
  );

  test('a commit that fails leaves the old seal standing and the identity open', async () => {
    const { service, identity } = await created();
    disk.failing = true;
    await expect(service.seal({ passphrase: PASSPHRASE })).rejects.toThrow('the disk is full');
    expect(service.identity?.public.seal).toBe('device');
    disk.failing = false;
    expect(await start(disk, device).open()).toMatchObject({ state: 'open', identity: { public: identity.public } });
  });

  test('sealing shreds the device key: the record of before does not open any more', async () => {
    const { service } = await created();
    const old = disk.copy();
    await service.seal({ passphrase: PASSPHRASE });
    expect(await start(old, device).open()).toMatchObject({ state: 'broken', code: 'clone_suspected' });
  });

  test('the real Argon2id cost is written by default and opens', async () => {
    const deps = { records: disk, ...device, random: systemRandom, clock: systemClock };
    const service = createIdentityService(deps);
    await service.create();
    await service.seal({ passphrase: PASSPHRASE });
    expect(disk.records.get(RECORD_KEY)).toMatchObject({ seal: { ...ARGON2, kdf: 'argon2id' } });
    await expectWorking(await createIdentityService(deps).unlock({ passphrase: PASSPHRASE }));
  }, 120_000);
});

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

describe('the store underneath', () => {
  test('bytes that the store calls corrupt are a broken identity, other failures are the store’s own', async () => {
    const { words } = await created();
    const broken = (code: 'corrupt' | 'unavailable') => {
      const failing = disk.copy();
      failing.get = () => Promise.reject(new StorageError(code, 'read failed'));
      return failing;
    };
    expect(await start(broken('corrupt'), device).open()).toMatchObject({ code: 'identity_broken' });
    await expect(start(broken('unavailable'), device).open()).rejects.toMatchObject({ code: 'unavailable' });
    await expectWorking(await start(broken('corrupt'), device).restoreFromPhrase(words));
  });

  test('never holds the root, a seed or a passphrase in the clear', async () => {
    const passkey = softPasskeys();
    const service = start(disk, device, { passkey });
    await service.create();
    const words = await service.recoveryPhrase();
    const root = rootOfPhrase(words);
    const secrets = [root, ...KEY_PURPOSES.map((purpose) => deriveSeed(root, purpose))];
    const needles = secrets.flatMap((s) => [hex(s), base64(s).slice(0, 42), String.fromCharCode(...s), s.join()]);
    needles.push(words.join(' '), PASSPHRASE);
    for (const how of [{ unseal: true }, { passphrase: PASSPHRASE }, { passkey: true }] as const) {
      await service.seal(how);
      const stored = JSON.stringify([...disk.records]);
      const decoded = [...stored.matchAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g)].map((m) =>
        atob(m[1]!.slice(0, m[1]!.length & ~3)),
      );
      for (const needle of needles) {
        expect(stored.includes(needle)).toBe(false);
        expect(decoded.some((bytes) => bytes.includes(needle))).toBe(false);
      }
    }
  });

  test('a lowered cost is the caller’s to choose, and stands in the record', async () => {
    const { service } = await created();
    await service.seal({ passphrase: PASSPHRASE });
    expect(disk.records.get(RECORD_KEY)).toMatchObject({ seal: CHEAP });
  });
});
