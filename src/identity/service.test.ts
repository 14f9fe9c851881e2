import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../protocol/runtime';
import { StorageError } from '../storage/types';
import { base64, hex } from '../crypto';
import { bindDevice } from './binding';
import { derivePublicKeys, deriveSeed } from './keys';
import { rootOfPhrase } from './phrase';
import { ARGON2 } from './passphrase';
import { RECORD_KEY } from './record';
import { sealRoot } from './seals';
import { createIdentityService } from './service';
import { KEY_PURPOSES, type Identity, type IdentityService, type Sealing } from './types';
import { CHEAP, Disk, PASSPHRASE, codeOf, expectWorking, newDevice, softPasskeys, start, type Device } from './testkit';

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
  });
});

describe('never half an identity', () => {
  test('public keys that do not come from the sealed root are refused, though the seal opens', async () => {
    const { service, identity } = await created();
    const other = derivePublicKeys(systemRandom.bytes(32));
    const head = { v: 1, public_keys: other, created_at: identity.public.createdAt } as const;
    const bound = { ...head, device: bindDevice(device.traits, systemRandom) };
    const deps = { records: disk, ...device, random: systemRandom, clock: systemClock, argon2: CHEAP };
    const root = rootOfPhrase(await service.recoveryPhrase());
    disk.records.set(
      RECORD_KEY,
      await sealRoot(root, { kind: 'passphrase', passphrase: PASSPHRASE }, bound, 'x', deps),
    );
    const victim = start(disk, device);
    expect(await victim.open()).toMatchObject({ state: 'locked' });
    expect(await codeOf(victim.unlock({ passphrase: PASSPHRASE }))).toBe('identity_broken');
    expect(victim.identity).toBeUndefined();
  });

  test('any history of seals, restarts and full disks ends with the same keys, opened by the last seal that was kept', async () => {
    const seal = fc.constantFrom<Sealing>(
      { unseal: true },
      { passphrase: PASSPHRASE },
      { passphrase: 'another good one' },
      { passkey: true },
    );
    const step = fc.record({ seal, full: fc.boolean(), restart: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const [store, desk, passkey] = [new Disk(), newDevice(), softPasskeys()];
        let service = start(store, desk, { passkey });
        const { nodeId } = (await service.create()).public;
        let kept: Sealing = { unseal: true };
        for (const { seal: how, full, restart } of steps) {
          store.failing = full;
          const sealed = await service.seal(how).then(
            () => true,
            () => false,
          );
          expect(sealed).toBe(!full);
          if (sealed) kept = how;
          if (!restart) continue;
          service = start(store, desk, { passkey });
          const found = await service.open();
          expect(found.state).toBe('unseal' in kept ? 'open' : 'locked');
          if (!('unseal' in kept)) await service.unlock(kept);
          expect(service.identity?.public.nodeId).toBe(nodeId);
        }
      }),
      { numRuns: 25 },
    );
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
