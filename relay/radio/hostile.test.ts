/** Whatever callers and members do, the relay stays up, serves the others, and holds a bounded amount of memory. */
import { connect } from 'node:net';
import type { Libp2p, MessageStream, Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { relayKeyOf } from '../../src/mesh/pnet';
import { ask, askRaw, randomKey, reserve, startMember, startTestRelay, tap } from './testkit';
import type { TestRelay } from './testkit';

const opened: { stop(): Promise<void> | void }[] = [];
const keep = <T extends { stop(): Promise<void> | void }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

const mesh = randomKey();
const start = async (limits: Parameters<typeof startTestRelay>[1] = {}): Promise<TestRelay> =>
  keep(await startTestRelay([relayKeyOf(mesh)], limits));
const join = async (): Promise<Libp2p> => keep(await startMember(mesh));

interface Caller {
  /** Bytes of messages that came. */
  heard: () => Buffer;
  ended: Promise<void>;
  socket: WebSocket;
}

/** A WebSocket that never fails the test by itself. Resolves when it is open, or was refused. */
async function call({ port }: TestRelay): Promise<Caller> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/mesh`);
  const heard: Buffer[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      resolve();
    });
  });
  socket.on('message', (data: Buffer) => heard.push(data));
  await new Promise<void>((resolve) => {
    socket.on('open', () => {
      resolve();
    });
    socket.on('error', () => {
      resolve();
    });
  });
  return { heard: () => Buffer.concat(heard), ended, socket };
}

async function expectServes(relay: TestRelay): Promise<void> {
  const member = await startMember(mesh);
  await reserve(member, relay);
  await member.stop();
}

test('ATTACK: 700 kB in one message after the nonce, from a stranger and from a member', async () => {
  const relay = await start();
  const stranger = await call(relay);
  stranger.socket.send(new Uint8Array(24));
  stranger.socket.send(new Uint8Array(700_000));
  await stranger.ended;
  expect(stranger.heard()).toHaveLength(24);

  const member = await join();
  await reserve(member, relay);
  const line = keep(await tap(relay.port));
  const other = keep(await startMember(mesh));
  await other.dial(line.address);
  line.say(
    Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x0a, 0xae, 0x60, 0, 0, 0, 0]), Buffer.alloc(700_000)]),
  );
  await line.ended();
  expect(member.getConnections()[0]!.status).toBe('open');
  await expectServes(relay);
});

test('ATTACK: malformed frames of a member end that member alone', async () => {
  const relay = await start({ upgradeMs: 10_000 });
  const member = await join();
  await reserve(member, relay);
  const malformed = [
    [0x82, 5, 1, 2, 3, 4, 5],
    [0xf2, 0x81, 0, 0, 0, 0, 1],
    [0x83, 0x81, 0, 0, 0, 0, 1],
    [0x81, 0x81, 0, 0, 0, 0, 65],
  ];
  for (const bytes of [...malformed, [0x82, 0x8a, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]) {
    const line = keep(await tap(relay.port));
    const other = keep(await startMember(mesh));
    await other.dial(line.address);
    line.say(Buffer.from(bytes));
    await line.ended();
  }
  expect(member.getConnections()[0]!.status).toBe('open');
  await expectServes(relay);
});

test('ATTACK: a thousand silent sockets from a thousand addresses lock nobody out', async () => {
  const relay = await start({ strangerMs: 10_000 });
  const before = process.memoryUsage().rss;
  const callers: Caller[] = [];
  for (let i = 0; i < 1_000; i++) {
    relay.from.address = `198.51.${String(100 + (i >> 8))}.${String(i & 255)}`;
    callers.push(await call(relay));
  }
  const strangers = relay.radio.status().strangers;
  relay.from.address = '192.0.2.1';
  await expectServes(relay);
  await Promise.all(callers.map(({ ended }) => ended));
  for (const { heard } of callers) expect(heard()).toHaveLength(24);
  expect(relay.radio.status()).toMatchObject({ strangers: 0, refusals: { noKey: 1_000 } });
  const mebibytes = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  console.log(`1,000 silent sockets: ${String(strangers)} at once, both ends of them ${String(mebibytes)} MiB`);
  expect(mebibytes).toBeLessThan(200);
});

test('ATTACK: from one address only so many strangers wait, and a member elsewhere does not', async () => {
  const relay = await start({ strangersPerAddress: 8, strangerMs: 60_000 });
  const callers = [];
  for (let i = 0; i < 50; i++) callers.push(await call(relay));
  expect(relay.radio.status()).toMatchObject({ strangers: 8, refusals: { strangers: 42 } });
  relay.from.address = '192.0.2.2';
  await expectServes(relay);
  for (const { socket } of callers) socket.terminate();
});

test('ATTACK: strangers of all networks of one site keep nobody elsewhere out', async () => {
  const relay = await start({ strangers: 64, strangersPerAddress: 2, strangersPerSite: 16, strangerMs: 60_000 });
  const callers = [];
  for (let i = 0; i < 64; i++) {
    relay.from.address = `2001:db8:0:${(i >> 1).toString(16)}::1`;
    callers.push(await call(relay));
  }
  expect(relay.radio.status()).toMatchObject({ strangers: 16, refusals: { strangers: 48 } });
  relay.from.address = '192.0.2.2';
  await expectServes(relay);
  for (const { socket } of callers) socket.terminate();
});

test('ATTACK: connections of one address have an end, and those of others go on', async () => {
  const relay = await start({ connectionsPerAddress: 2 });
  const members = [await join(), await join(), await join()];
  await members[0]!.dial(relay.address);
  await members[1]!.dial(relay.address);
  await expect(members[2]!.dial(relay.address)).rejects.toThrow();
  expect(relay.radio.status().refusals.full).toBe(1);
  relay.from.address = '192.0.2.2';
  await members[2]!.dial(relay.address);
  await members[0]!.stop();
});

test('ATTACK: one address that comes as many peers takes no more than its places', async () => {
  const relay = await start({ reservationsPerAddress: 3 });
  const many = await Promise.all(Array.from({ length: 8 }, join));
  await Promise.all(many.map((one) => one.dial(relay.address)));
  const reserved = () => many.filter((one) => one.getMultiaddrs().some((at) => at.toString().includes('p2p-circuit')));
  await expect.poll(() => reserved().length, { timeout: 60_000 }).toBe(3);
  relay.from.address = '192.0.2.2';
  await expectServes(relay);
  // A place that is given back is free for the next.
  await reserved()[0]!.stop();
  relay.from.address = '192.0.2.1';
  await expectServes(relay);
});

test('ATTACK: a question that is too long, or never ends, costs its asker the stream', async () => {
  const relay = await start({ requestMs: 5_000 });
  const member = await join();
  await reserve(member, relay);
  const peer = peerIdFromString(relay.radio.peer);
  await expect(askRaw(member, peer, new Uint8Array(3))).rejects.toThrow();
  await expect(askRaw(member, peer, new Uint8Array(5_000))).rejects.toThrow();
  expect(await ask(member, peer, mesh)).toEqual([]);
});

test('ATTACK: a slow reader holds its sender, fills no memory, and is cut; the others go on', async () => {
  const relay = await start({ bufferedBytes: 64 * 1024, stalledMs: 8_000, heartbeatMs: 5_000 });
  const [sender, other] = [await join(), await join()];
  await reserve(sender, relay);
  await reserve(other, relay);
  const line = keep(await tap(relay.port));
  const slow = await join();
  await reserve(slow, { ...relay, address: line.address });
  await slow.handle('/sink', () => undefined, { runOnLimitedConnection: true });
  const there = relay.address.encapsulate(`/p2p/${relay.radio.peer}/p2p-circuit/p2p/${slow.peerId.toString()}`);
  const stream = await sender.dialProtocol(there, '/sink', { runOnLimitedConnection: true });
  line.choke();
  const before = process.memoryUsage();
  const sent = await sendUntilEnd(stream, 64 * 2 ** 20);
  const grown = Math.round((process.memoryUsage().rss - before.rss) / 2 ** 20);
  console.log(
    `a slow reader: its sender was held after ${String(Math.round(sent / 2 ** 20))} MiB, ${String(grown)} MiB more`,
  );
  expect(sent).toBeLessThan(40 * 2 ** 20);
  expect(grown).toBeLessThan(150);
  expect(await ask(other, peerIdFromString(relay.radio.peer), mesh)).toEqual([]);
  await expectServes(relay);
});

test('ATTACK: a member that reads nothing and pings without end fills no memory, and is ended', async () => {
  // Nobody is cut for being slow here: what ends it is how much waits for it.
  const relay = await start({ bufferedBytes: 64 * 1024, stalledMs: 3_600_000, heartbeatMs: 3_600_000 });
  const line = keep(await tap(relay.port));
  const evil = keep(await startMember(mesh, undefined, { connectionMonitor: { enabled: false } }));
  const connection = await evil.dial(line.address);
  let ended = false;
  connection.addEventListener('close', () => (ended = true));
  line.choke('back');
  const before = process.memoryUsage().rss;
  const { maConn } = (connection as unknown as { muxer: { maConn: MessageStream } }).muxer;
  // Version 0, a ping that asks for an answer.
  const thousand = new Uint8Array(12_000).map((_, i) => (i % 12 === 1 ? 2 : i % 12 === 3 ? 1 : 0));
  let pings = 0;
  for (; !ended && pings < 1_000_000; pings += 1_000) {
    if (!maConn.send(thousand)) await maConn.onDrain().catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  console.log(`${String(pings)} pings of a member that reads nothing: ${String(grown)} MiB more`);
  expect(ended).toBe(true);
  expect(grown).toBeLessThan(150);
  await expectServes(relay);
});

/** Writes as fast as it may. @returns how many bytes until the stream ended, or all of them */
async function sendUntilEnd(stream: Stream, most: number): Promise<number> {
  const chunk = new Uint8Array(64 * 1024);
  let sent = 0;
  const ended = new Promise<void>((resolve) => {
    stream.addEventListener('close', () => {
      resolve();
    });
  });
  while (sent < most && stream.status === 'open') {
    sent += chunk.length;
    if (stream.send(chunk)) continue;
    const drained = new Promise<void>((resolve) => {
      stream.addEventListener(
        'drain',
        () => {
          resolve();
        },
        { once: true },
      );
    });
    await Promise.race([drained, ended]);
  }
  return sent;
}

test('raw TCP that never asks anything is no matter of the mesh, and ends with the server', async () => {
  const relay = await start();
  const sockets = Array.from({ length: 50 }, () => connect(relay.port, '127.0.0.1').on('error', () => undefined));
  await expectServes(relay);
  for (const socket of sockets) socket.destroy();
});
