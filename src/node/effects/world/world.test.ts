import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../../crypto';
import type { WorkOrder } from '../../../governance';
import { LIMITS } from '../../../protocol/limits';
import { createMemoryStorage } from '../../../storage';
import type { WorldParts } from './index';
import { worldOf } from './index';

const ORDER = { order_id: 'ab'.repeat(16) } as WorkOrder;
const live = new AbortController().signal;

async function parts(over: Partial<WorldParts> = {}) {
  const storage = createMemoryStorage();
  await storage.claimWriter();
  const logged: unknown[] = [];
  const append: WorldParts['log']['append'] = (entry) => {
    logged.push(entry.data);
    return Promise.resolve({ seq: logged.length, ts: '', hash: '' });
  };
  const fetch = () => Promise.reject(new Error('no network in this test'));
  return { logged, world: { log: { append }, records: storage.records, fetch, ...over } };
}
const written = (key: Uint8Array, value: Uint8Array) => {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, key.length, true);
  return concat(head, key, value);
};

describe('grants are asked of the order again, whatever the worker let through', () => {
  test.each(['memory.read', 'memory.write', 'mesh.send', 'http.fetch', 'log', 'other'])('%s', async (name) => {
    const { world, logged } = await parts();
    const request = utf8('{"url":"https://api.example.org/"}');
    const host = worldOf(world, ORDER, 'weather', ['http.fetch:other.example.org']);
    await expect(host.call(name, request, live)).rejects.toThrow(/was not granted$/);
    expect(logged).toEqual([]);
  });

  test('mesh.send is granted to nobody’s use: the node does not offer it', async () => {
    const { world } = await parts();
    await expect(worldOf(world, ORDER, 'x', ['mesh.send']).call('mesh.send', utf8(''), live)).rejects.toThrow(
      /not offer/,
    );
  });
});

test('a fetch that fails is in the log before the skill hears of it, without the network’s own words', async () => {
  const { world, logged } = await parts();
  const host = worldOf(world, ORDER, 'weather', ['http.fetch:api.example.org']);
  const failed = host.call('http.fetch', utf8('{"url":"https://api.example.org/x?secret"}'), live);
  await expect(failed).rejects.toThrow('there was no answer that may be read');
  expect(logged).toMatchObject([{ host: 'api.example.org', method: 'GET', status: null, response_sha256: null }]);
  expect(JSON.stringify(logged)).not.toMatch(/secret|no network/);
});

test('a POST stands in the log before it is sent, and its answer after', async () => {
  const atSending: unknown[] = [];
  const { world, logged } = await parts();
  const fetch = () => {
    atSending.push(...logged);
    return Promise.resolve(new Response('done'));
  };
  const host = worldOf({ ...world, fetch }, ORDER, 'weather', ['http.fetch:api.example.org']);
  await host.call('http.fetch', utf8('{"url":"https://api.example.org/","method":"POST"}'), live);
  const asked = { method: 'POST', host: 'api.example.org', status: null, error: 'about to be sent' };
  expect(atSending).toMatchObject([asked]);
  expect(logged).toMatchObject([asked, { method: 'POST', status: 200 }]);
});

test('a memory is bounded in keys, in their length and in that of a value', async () => {
  const { world } = await parts();
  const host = worldOf(world, ORDER, 'weather', ['memory.read', 'memory.write']);
  const write = (key: Uint8Array, length: number) =>
    host.call('memory.write', written(key, new Uint8Array(length).fill(7)), live);
  await expect(write(utf8('k'), LIMITS.skillMemoryValueBytes + 1)).rejects.toThrow(/at most 65536 bytes/);
  await expect(write(new Uint8Array(LIMITS.skillMemoryKeyBytes + 1), 1)).rejects.toThrow(/at most 1024 bytes/);
  for (let i = 0; i < LIMITS.skillMemoryKeys; i++) await write(utf8(`${i}`), 1);
  await expect(write(utf8('one more'), 1)).rejects.toThrow(/256 keys/);
  await write(utf8('0'), LIMITS.skillMemoryValueBytes);
  expect(await host.call('memory.read', utf8('0'), live)).toHaveLength(LIMITS.skillMemoryValueBytes);
  await write(utf8('0'), 0);
  await write(utf8('one more'), 1);
});

test.each([[[]], [[1, 0, 0]], [[2, 0, 0, 0, 65]], [[255, 255, 255, 255]]])('%j is no key and value', async (bytes) => {
  const { world } = await parts();
  const host = worldOf(world, ORDER, 'weather', ['memory.write']);
  await expect(host.call('memory.write', Uint8Array.from(bytes), live)).rejects.toThrow('this is no key and value');
});
