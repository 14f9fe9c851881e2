import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Libp2p } from '@libp2p/interface';
import { afterEach, expect, test } from 'vitest';
import { relayKeyOf } from '../../src/mesh/pnet';
import { randomKey, reserve, startMember, startTestRelay, tap } from './testkit';

const opened: { stop(): Promise<void> | void }[] = [];
const keep = <T extends { stop(): Promise<void> | void }>(one: T): T => (opened.push(one), one);
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

const mesh = randomKey();
const echo = (member: Libp2p): Promise<void> =>
  member.handle('/echo', () => undefined, { runOnLimitedConnection: true });

test('a member that changed networks is reached where it is now', async () => {
  // Nothing but the probe ends the old connection.
  const relay = keep(await startTestRelay([relayKeyOf(mesh)], { heartbeatMs: 3_600_000, probeMs: 200, hopMs: 60_000 }));
  const line = keep(await tap(relay.port));
  const privateKey = await generateKeyPair('Ed25519');
  const before = keep(await startMember(mesh, undefined, { privateKey, connectionMonitor: { enabled: false } }));
  await reserve(before, { ...relay, address: line.address });
  line.choke();
  const now = keep(await startMember(mesh, undefined, { privateKey }));
  await echo(now);
  const there = await reserve(now, relay);
  const other = keep(await startMember(mesh));
  await other.dial(relay.address);
  const stream = await other.dialProtocol(there, '/echo', { runOnLimitedConnection: true });
  expect(stream.status).toBe('open');
});

test('one that dialled twice keeps both connections, as long as they answer', async () => {
  const relay = keep(await startTestRelay([relayKeyOf(mesh)], { probeMs: 60_000 }));
  const privateKey = await generateKeyPair('Ed25519');
  const [first, second] = [
    keep(await startMember(mesh, undefined, { privateKey })),
    keep(await startMember(mesh, undefined, { privateKey })),
  ];
  const there = await reserve(first, relay);
  await echo(first);
  await second.dial(relay.address);
  const other = keep(await startMember(mesh));
  await other.dial(relay.address);
  // Waits until the probe is over.
  await other.dialProtocol(there, '/echo', { runOnLimitedConnection: true });
  expect(relay.radio.status().connections).toBe(3);
});
