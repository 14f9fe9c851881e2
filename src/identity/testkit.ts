/** What the tests of this folder share. Everything real but the passkey, whose authenticator needs a person. */
import 'fake-indexeddb/auto';
import { expect } from 'vitest';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { systemClock, systemRandom } from '../protocol/runtime';
import type { Json } from '../protocol/json';
import type { RecordStore } from '../storage/types';
import { hex, jcs, sha256Text, utf8, verifySignature } from '../crypto';
import { browserDeviceKey } from './device-key';
import { createIdentityService } from './service';
import {
  IdentityError,
  KEY_PURPOSES,
  type Identity,
  type DeviceTraits,
  type IdentityCode,
  type IdentityDeps,
  type IdentityService,
  type PasskeyPrf,
} from './types';

/** The least that Argon2 allows: the tests are about the format, not the cost. */
export const CHEAP = { m: 8, t: 1, p: 1 };
export const PASSPHRASE = 'correct horse battery staple';

/** One computer: its device key and its traits. */
export interface Device {
  deviceKey: IdentityDeps['deviceKey'];
  traits: DeviceTraits;
}
export function newDevice(traits: DeviceTraits = { hostname: 'desk' }): Device {
  return { deviceKey: browserDeviceKey(`device-${crypto.randomUUID()}`), traits };
}

/** A record store that can be copied to another device and made to fail. */
export class Disk implements RecordStore {
  readonly records = new Map<string, Json>();
  failing = false;

  get(key: string): Promise<Json | undefined> {
    return Promise.resolve(structuredClone(this.records.get(key)));
  }
  commit(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    if (this.failing) return Promise.reject(new Error('the disk is full'));
    for (const [key, value] of changes) {
      if (value === undefined) this.records.delete(key);
      else this.records.set(key, structuredClone(value));
    }
    return Promise.resolve();
  }
  keys(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.records.keys()].filter((key) => key.startsWith(prefix)).sort());
  }
  copy(): Disk {
    const other = new Disk();
    for (const [key, value] of this.records) other.records.set(key, structuredClone(value));
    return other;
  }
}

/** An authenticator that answers without asking: PRF = HMAC-SHA256, as CTAP's hmac-secret. */
export function softPasskeys(): PasskeyPrf {
  const secrets = new Map<string, Uint8Array>();
  const evaluate = (credentialId: Uint8Array, salt: Uint8Array): Uint8Array => {
    const secret = secrets.get(credentialId.join());
    if (!secret) throw new IdentityError('wrong_passkey', 'no such passkey');
    return hmac(sha256, secret, salt);
  };
  return {
    create(_userName, salt) {
      const credentialId = systemRandom.bytes(16);
      secrets.set(credentialId.join(), systemRandom.bytes(32));
      return Promise.resolve({ credentialId, secret: evaluate(credentialId, salt) });
    },
    get: (credentialId, salt) => new Promise((resolve) => resolve(evaluate(credentialId, salt))),
  };
}

/** A node's start on a device: a new service over what the disk holds. */
export function start(disk: RecordStore, device: Device, more: Partial<IdentityDeps> = {}): IdentityService {
  const edges = { random: systemRandom, clock: systemClock, argon2: CHEAP };
  return createIdentityService({ records: disk, ...device, ...edges, ...more });
}

export async function codeOf(promise: Promise<unknown>): Promise<IdentityCode | 'none'> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (error instanceof IdentityError) return error.code;
    throw error;
  }
}

/** Every leaf of a JSON object, changed: `[path, copy with that leaf changed]`. */
export function* eachFlip(record: Record<string, Json>): Generator<[path: string, changed: Record<string, Json>]> {
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === 'object' && value !== null) {
      for (const [path, changed] of eachFlip(value as Record<string, Json>)) {
        yield [`${key}.${path}`, { ...record, [key]: changed }];
      }
    } else if (typeof value === 'number') {
      yield [key, { ...record, [key]: value + 1 }];
    } else if (typeof value === 'string') {
      for (const at of [0, value.length >> 1]) yield [`${key}[${at}]`, { ...record, [key]: flipAt(value, at) }];
    }
  }
}

function flipAt(text: string, at: number): string {
  const changed = text[at] === '0' ? '1' : text[at] === 'A' ? 'B' : /[0-9]/.test(text[at]!) ? '0' : 'A';
  // Hex stays hex, so that the form alone does not give the change away.
  const fitting = /^[0-9a-f]+$/.test(text) && changed === 'A' ? (text[at] === 'a' ? 'b' : 'a') : changed;
  return text.slice(0, at) + fitting + text.slice(at + 1);
}

/** As an attacker would: the checksum made right again. */
export function rechecksum(record: Record<string, Json>): Record<string, Json> {
  const { checksum: _, ...body } = record;
  return { ...body, checksum: sha256Text(jcs(body)) };
}

/** Signing keys that work, and are those announced. */
export async function expectWorking(identity: Identity): Promise<void> {
  for (const purpose of KEY_PURPOSES) {
    const signer = identity.signers[purpose];
    expect(hex(signer.publicKey)).toBe(identity.public.publicKeys[purpose]);
    const signature = await signer.sign(utf8(purpose));
    expect(await verifySignature(signer.publicKey, utf8(purpose), signature)).toBe(true);
  }
}
