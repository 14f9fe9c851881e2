/** Who has not the key sees 24 random bytes and a close; who has the relay's key alone learns no member's name. */
import { connect } from 'node:net';
import { identify } from '@libp2p/identify';
import type { Libp2p } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relayKeyOf, twoKeyProtector } from '../../src/mesh/pnet';
import { openPeers, SEAL_BYTES } from '../../src/mesh/rendezvous';
import { ask, askRaw, randomKey, reserve, startMember, startTestRelay, tap } from './testkit';
import type { Tap, TestRelay } from './testkit';

const mesh = randomKey();
let relay: TestRelay;
let members: Libp2p[];
const taps: Tap[] = [];
beforeAll(async () => {
  relay = await startTestRelay([relayKeyOf(mesh)], { strangerMs: 2_000, upgradeMs: 10_000, heartbeatMs: 3_600_000 });
  members = [await startMember(mesh), await startMember(mesh)];
  for (const member of members) {
    await reserve(member, relay);
    await ask(member, peerIdFromString(relay.radio.peer), mesh);
  }
});
afterAll(async () => {
  for (const member of members) await member.stop();
  for (const one of taps) one.stop();
  await relay.stop();
});

async function wire(): Promise<Tap> {
  const one = await tap(relay.port);
  taps.push(one);
  return one;
}

/** Every form that a name has on a wire: text, and the key that it is. */
const names = (): Buffer[] =>
  [...members.map(({ peerId }) => peerId), peerIdFromString(relay.radio.peer)].flatMap((peer) => [
    Buffer.from(peer.toString()),
    Buffer.from(peer.publicKey!.raw),
  ]);

function expectNoName(heard: Uint8Array, whose = names()): void {
  for (const name of whose) expect(Buffer.from(heard).includes(name)).toBe(false);
}

/** After HTTP's 101: one message of 24 bytes; then nothing, or a frame that closes. */
function expectNonceAndClose(heard: Buffer): void {
  const head = heard.indexOf('\r\n\r\n') + 4;
  expect(heard.subarray(0, head).toString()).toMatch(
    /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: [\w+/=]{28}\r\n\r\n$/,
  );
  const frames = heard.subarray(head);
  expect(frames.subarray(0, 2)).toEqual(Buffer.from([0x82, 24]));
  const rest = frames.subarray(26);
  if (rest.length > 0) expect([...rest.subarray(0, 2)]).toEqual([0x88, 2]);
  expect(rest.length).toBeOneOf([0, 4]);
  expectNoName(heard);
}

const UPGRADE = [
  'GET /mesh HTTP/1.1',
  'Host: relay',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** What comes back until the relay ends it. */
function send(...parts: (string | Uint8Array)[]): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect(relay.port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk) => heard.push(chunk));
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve(Buffer.concat(heard));
      });
  });
}

/** One masked WebSocket frame with a mask of zeros. */
function frame(payload: Uint8Array, first = 0x82): Buffer {
  const { length } = payload;
  const long = length > 125;
  const head = Buffer.from([first, 0x80 | (long ? 126 : length), ...(long ? [length >> 8, length & 255] : [])]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

describe('a stranger', () => {
  test.concurrent('that says nothing', async () => {
    expectNonceAndClose(await send(UPGRADE));
  });

  test.concurrent.each([
    ['random bytes', frame(randomKey())],
    ['a nonce and random bytes', Buffer.concat([frame(randomKey().subarray(0, 24)), frame(randomKey())])],
    ['as many bytes as it may', frame(new Uint8Array(4_000))],
    ['an unmasked frame', Buffer.from([0x82, 0x05, 1, 2, 3, 4, 5])],
    ['reserved bits', Buffer.from([0xf2, 0x81, 0, 0, 0, 0, 1])],
    ['a reserved opcode', Buffer.from([0x83, 0x81, 0, 0, 0, 0, 1])],
    ['text', frame(Buffer.from('hello'), 0x81)],
    ['text that is none', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe])],
    ['a close of one byte', Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1])],
    ['a length of 251 MB', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x0f, 0, 0, 0, 0, 0, 0, 0])],
  ])('that says %s', async (_, said) => {
    expectNonceAndClose(await send(UPGRADE, said));
  });

  test('that speaks HTTP sees a server without a mesh', async () => {
    const heard = await send('GET /mesh HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n');
    expect(heard.toString()).toMatch(/^HTTP\/1\.1 404 /);
    expectNoName(heard);
    const other = await send(UPGRADE.replace('/mesh', '/other'));
    expect(other.toString()).toBe('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  test('that speaks raw libp2p over TCP', async () => {
    const heard = await send('\x13/multistream/1.0.0\n', Buffer.from([7]), '/noise\n');
    expect(heard.toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expectNoName(heard);
  });

  test('that is libp2p without a key', async () => {
    const line = await wire();
    const open = await createLibp2p({
      transports: [webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify() },
    });
    await expect(open.dial(line.address)).rejects.toThrow();
    await line.ended();
    expectNonceAndClose(line.heard());
    await open.stop();
  });

  test('that is libp2p with another key', async () => {
    const line = await wire();
    const wrong = await startMember(randomKey());
    await expect(wrong.dial(line.address)).rejects.toThrow();
    await line.ended();
    expectNonceAndClose(line.heard());
    await wrong.stop();
  });

  test('that has the mesh key and not the relay’s is none of the relay’s', async () => {
    const line = await wire();
    const odd = await startMember(mesh, twoKeyProtector({ mesh, relay: mesh }));
    await expect(odd.dial(line.address)).rejects.toThrow();
    await line.ended();
    expectNonceAndClose(line.heard());
    await odd.stop();
  });

  test('that repeats what it recorded of a member hears random bytes only', async () => {
    const line = await wire();
    const again = await startMember(mesh);
    await again.dial(line.address);
    await again.stop();
    const heard = await send(line.said());
    expect(heard.length).toBeGreaterThan(24);
    expectNoName(heard);
    expect(heard.includes('multistream')).toBe(false);
    expect(heard.includes('noise')).toBe(false);
  });
});

test('who has the relay key alone sees seals that it cannot open, and none is like another', async () => {
  const spy = await startMember(randomKey(), twoKeyProtector({ mesh: randomKey(), relay: relayKeyOf(mesh) }));
  await spy.dial(relay.address);
  const peer = peerIdFromString(relay.radio.peer);
  const seen = [await askRaw(spy, peer, new Uint8Array(SEAL_BYTES)), await askRaw(spy, peer, randomSeal())];
  const memberNames = names().slice(0, 4);
  for (const answer of seen) {
    expect(answer).toHaveLength(2 * SEAL_BYTES);
    expectNoName(answer, memberNames);
    expect(openPeers(answer, relayKeyOf(mesh))).toEqual([]);
    expect(openPeers(answer, mesh)).toHaveLength(2);
  }
  // All that libp2p itself learned: the relay.
  const known = await spy.peerStore.all();
  expect(known.map(({ id }) => id.toString())).toEqual([relay.radio.peer]);
  await spy.stop();
});

test('and one whose name it knew already gives it 24 bytes on a circuit', async () => {
  const spy = await startMember(randomKey(), twoKeyProtector({ mesh: randomKey(), relay: relayKeyOf(mesh) }));
  await spy.dial(relay.address);
  const [member] = members;
  const there = relay.address.encapsulate(`/p2p/${relay.radio.peer}/p2p-circuit/p2p/${member!.peerId.toString()}`);
  await expect(spy.dial(there)).rejects.toThrow();
  expect(member!.getConnections(spy.peerId)).toEqual([]);
  await spy.stop();
});

const randomSeal = (): Uint8Array => Uint8Array.from({ length: SEAL_BYTES }, (_, i) => i);
