import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../protocol/json';
import { LIMITS } from '../protocol/limits';
import { hex } from '../crypto';
import { RECORD_KEY, parseRecord } from './record';
import { IdentityError, type Sealing } from './types';
import { Disk, PASSPHRASE, codeOf, eachFlip, newDevice, rechecksum, softPasskeys, start, type Device } from './testkit';

/** One each: a locked start shreds its device's key. */
const devices: Record<string, Device> = { passphrase: newDevice(), passkey: newDevice(), device: newDevice() };
const passkey = softPasskeys();
const records: Record<string, Record<string, Json>> = {};

beforeAll(async () => {
  const hows: Record<string, Sealing> = {
    passphrase: { passphrase: PASSPHRASE },
    passkey: { passkey: true },
    device: { unseal: true },
  };
  for (const [kind, how] of Object.entries(hows)) {
    const disk = new Disk();
    const service = start(disk, devices[kind]!, { passkey });
    await service.create();
    await service.seal(how);
    records[kind] = structuredClone(disk.records.get(RECORD_KEY)) as Record<string, Json>;
  }
});

/** Boots from a record and unlocks it with the right secret. */
async function boot(kind: string, record: Json): Promise<string> {
  const disk = new Disk();
  disk.records.set(RECORD_KEY, record);
  const service = start(disk, devices[kind]!, { passkey });
  const found = await service.open();
  if (found.state === 'broken') return found.code;
  if (found.state !== 'locked') return found.state;
  return codeOf(service.unlock(kind === 'passkey' ? { passkey: true } : { passphrase: PASSPHRASE }));
}

describe.each(['passphrase', 'passkey', 'device'])('a tampered record, %s seal', (kind) => {
  test('untouched, it opens', async () => {
    expect(await boot(kind, records[kind]!)).toBe(kind === 'device' ? 'open' : 'none');
  });

  test('any field flipped is identity_broken before anybody is asked', async () => {
    let flips = 0;
    for (const [path, changed] of eachFlip(records[kind]!)) {
      flips++;
      expect([path, await boot(kind, changed)]).toEqual([path, 'identity_broken']);
    }
    expect(flips).toBeGreaterThan(20);
  });

  test('any field flipped and the checksum made right is refused too', async () => {
    const refusals = ['identity_broken', 'clone_suspected', 'wrong_passphrase', 'wrong_passkey'];
    for (const [path, changed] of eachFlip(records[kind]!)) {
      if (path.startsWith('checksum')) continue;
      const code = await boot(kind, rechecksum(changed));
      expect([path, refusals.includes(code) ? 'refused' : code]).toEqual([path, 'refused']);
      if (/^(public_keys|created_at|box)/.test(path)) expect([path, code]).toEqual([path, 'identity_broken']);
    }
  });

  test('the parts of two records do not mix', async () => {
    const disk = new Disk();
    const other = start(disk, devices[kind]!, { passkey });
    await other.create();
    if (kind !== 'device') await other.seal(kind === 'passkey' ? { passkey: true } : { passphrase: PASSPHRASE });
    const foreign = disk.records.get(RECORD_KEY) as Record<string, Json>;
    for (const key of ['public_keys', 'device', 'seal', 'box', 'check']) {
      const mixed = rechecksum({ ...records[kind]!, [key]: foreign[key]! });
      expect([key, ['open', 'none'].includes(await boot(kind, mixed))]).toEqual([key, false]);
    }
  });
});

describe('parseRecord', () => {
  const broken = (stored: Json): void => {
    expect(() => parseRecord(stored)).toThrow(expect.objectContaining({ code: 'identity_broken' }) as Error);
  };

  test('refuses unknown keys, missing keys and other versions', () => {
    const record = records['passphrase']!;
    broken(rechecksum({ ...record, extra: 1 }));
    broken(rechecksum({ ...record, v: 2 }));
    for (const key of Object.keys(record)) {
      const { [key]: _, ...rest } = record;
      broken(key === 'checksum' ? rest : rechecksum(rest));
    }
  });

  test('refuses a cost past the limits: a record must not be able to eat the machine', () => {
    const record = records['passphrase']!;
    const seal = record['seal'] as Record<string, Json>;
    const costs = [
      { m: LIMITS.argon2MemoryKiB + 1 },
      { t: LIMITS.argon2Passes + 1 },
      { p: 5 },
      { m: 0 },
      { t: 0 },
      { p: 2, m: 15 },
      { t: 1.5 },
    ];
    for (const cost of costs) broken(rechecksum({ ...record, seal: { ...seal, ...cost } }));
  });

  test('refuses small-order, non-canonical and repeated public keys', () => {
    const record = records['device']!;
    const keys = record['public_keys'] as Record<string, string>;
    const identity = hex(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)));
    for (const bad of [identity, '0'.repeat(64), `ee${'f'.repeat(60)}7f`, keys['log']!]) {
      broken(rechecksum({ ...record, public_keys: { ...keys, node: bad } }));
    }
  });

  test('any JSON is either refused as identity_broken or a record', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseRecord(value as Json);
          return false;
        } catch (error) {
          return error instanceof IdentityError && error.code === 'identity_broken';
        }
      }),
    );
  });
});
