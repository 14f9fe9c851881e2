import type { Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { preSharedKey } from '@libp2p/pnet';
import { afterEach, expect, test } from 'vitest';
import { utf8 } from '../../src/crypto';
import { formatSwarmKey, relayKeyOf } from '../../src/mesh/pnet';
import { ask, randomKey, reserve, startMember, startTestRelay } from './testkit';
import type { TestRelay } from './testkit';

const opened: { stop(): Promise<void> | void }[] = [];
const keep = <T extends { stop(): Promise<void> | void }>(one: T): T => (opened.push(one), one);
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

const mesh = randomKey();
const start = async (limits = {}): Promise<TestRelay> => keep(await startTestRelay([relayKeyOf(mesh)], limits));
const join = async (key = mesh): Promise<Libp2p> => keep(await startMember(key));

test('two members reach each other over a circuit, and find each other', async () => {
  const relay = await start();
  const [a, b] = [await join(), await join()];
  const [, there] = [await reserve(a, relay), await reserve(b, relay)];
  const heard = new Promise<string>((resolve) => {
    void b.handle(
      '/echo',
      (stream) => {
        stream.addEventListener('message', ({ data }) => {
          resolve(Buffer.from(data.subarray()).toString());
        });
      },
      { runOnLimitedConnection: true },
    );
  });
  const stream = await a.dialProtocol(there, '/echo', { runOnLimitedConnection: true });
  stream.send(utf8('over the relay'));
  expect(await heard).toBe('over the relay');
  expect(relay.radio.status()).toMatchObject({ connections: 2, reservations: 2, circuits: 1, networks: 1 });

  const peer = peerIdFromString(relay.radio.peer);
  expect(await ask(a, peer, mesh)).toEqual([]);
  expect(await ask(b, peer, mesh)).toEqual([a.peerId.toString()]);
  expect(await ask(a, peer, mesh)).toEqual([b.peerId.toString()]);
});

test('a member with stock @libp2p/pnet under the relay key is served', async () => {
  const relay = await start();
  const stock = keep(await startMember(mesh, preSharedKey({ psk: utf8(formatSwarmKey(relayKeyOf(mesh))) })));
  await reserve(stock, relay);
  expect(relay.radio.status().reservations).toBe(1);
});

test('members of two networks share a relay and never meet', async () => {
  const relay = await start();
  const other = randomKey();
  await relay.radio.admit(relayKeyOf(other));
  await relay.radio.admit(relayKeyOf(other));
  const [a, stranger] = [await join(), await join(other)];
  const [, there] = [await reserve(a, relay), await reserve(stranger, relay)];
  expect(relay.radio.status()).toMatchObject({ networks: 2, reservations: 2 });
  await expect(a.dial(there)).rejects.toThrow(/NO_RESERVATION/);
  const peer = peerIdFromString(relay.radio.peer);
  await ask(a, peer, mesh);
  expect(await ask(stranger, peer, other)).toEqual([]);
});

test('a reservation ends with its connection', async () => {
  const relay = await start();
  const [a, b] = [await join(), await join()];
  const there = await reserve(b, relay);
  await reserve(a, relay);
  await b.stop();
  await expect(a.dial(there)).rejects.toThrow();
  expect(relay.radio.status()).toMatchObject({ connections: 1, reservations: 1 });
});
