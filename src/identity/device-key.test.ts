import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { describe, expect, test } from 'vitest';
import { equalBytes, hex } from '../crypto';
import { browserDeviceKey } from './device-key';
import { browserTraits } from './traits';
import { bindDevice, isBoundTo } from './binding';
import { systemRandom } from '../protocol/runtime';
import { codeOf } from './testkit';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const fresh = () => `device-${crypto.randomUUID()}`;

describe('browser device key', () => {
  test('wraps and unwraps, never twice to the same bytes', async () => {
    const key = browserDeviceKey(fresh());
    const [a, b] = await Promise.all([key.wrap(secret), key.wrap(secret)]);
    expect(hex(a)).not.toBe(hex(b));
    for (const wrapped of [a, b]) expect(equalBytes(await key.unwrap(wrapped), secret)).toBe(true);
    expect(hex(a)).not.toContain(hex(secret.subarray(0, 8)));
  });

  test('is the same key after a restart, and cannot be read', async () => {
    const database = fresh();
    const wrapped = await browserDeviceKey(database).wrap(secret);
    expect(equalBytes(await browserDeviceKey(database).unwrap(wrapped), secret)).toBe(true);
    const db = await openDB(database);
    const key = (await db.get('keys', 'device')) as CryptoKey;
    db.close();
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
  });

  test('another device’s, a missing and a forgotten key are clone_suspected', async () => {
    const key = browserDeviceKey(fresh());
    const wrapped = await key.wrap(secret);
    const other = browserDeviceKey(fresh());
    expect(await codeOf(other.unwrap(wrapped))).toBe('clone_suspected');
    await other.wrap(secret);
    expect(await codeOf(other.unwrap(wrapped))).toBe('clone_suspected');
    await key.forget();
    await key.forget();
    expect(await codeOf(key.unwrap(wrapped))).toBe('clone_suspected');
  });

  test('any byte of the wrapped secret flipped is refused', async () => {
    const key = browserDeviceKey(fresh());
    const wrapped = await key.wrap(secret);
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Uint8Array.from(wrapped);
      changed[at]! ^= 1;
      expect(await codeOf(key.unwrap(changed))).toBe('clone_suspected');
    }
    expect(await codeOf(key.unwrap(new Uint8Array()))).toBe('clone_suspected');
  });
});

describe('browser traits', () => {
  const facts = { platform: 'Linux x86_64', hardwareConcurrency: 8 };
  test('take what the browser tells', () => {
    const traits = { realm: 'browser', origin: 'https://node.example', ...facts };
    expect(browserTraits(facts, traits.origin)).toEqual(traits);
    expect(browserTraits({ ...facts, deviceMemory: 4 }, traits.origin)).toEqual({ ...traits, deviceMemory: 4 });
  });

  test('leave out what Brave makes up anew in every session', () => {
    const userAgentData = { brands: [{ brand: 'Chromium' }, { brand: 'Brave' }] };
    const a = browserTraits({ ...facts, deviceMemory: 4, userAgentData }, 'https://node.example');
    const b = browserTraits(
      { ...facts, hardwareConcurrency: 3, deviceMemory: 1, userAgentData },
      'https://node.example',
    );
    expect(a).toEqual(b);
  });
});

describe('device binding', () => {
  test('holds for the same traits in any order, and says nothing without its salt', () => {
    const device = bindDevice({ a: 1, b: 'x' }, systemRandom);
    expect(isBoundTo(device, { b: 'x', a: 1 })).toBe(true);
    expect(isBoundTo(device, { a: 2, b: 'x' })).toBe(false);
    expect(isBoundTo(device, { a: '1', b: 'x' })).toBe(false);
    expect(bindDevice({ a: 1, b: 'x' }, systemRandom).binding).not.toBe(device.binding);
  });
});
