/** A relay's radio on a port, and members that are stock libp2p but for the two keys. */
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { ConnectionProtector, Libp2p, PeerId } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import { WebSocket } from 'ws';
import { polyfillNode } from '../../src/mesh/libp2p/polyfill';
import { twoKeyProtector } from '../../src/mesh/pnet';
import { openPeers, RENDEZVOUS, RENDEZVOUS_BYTES, sealPeer } from '../../src/mesh/rendezvous';
import { systemRandom } from '../../src/protocol/runtime';
import { openRadio } from './index';
import type { Radio, RadioLimits } from './index';

polyfillNode(WebSocket);

export const randomKey = (): Uint8Array => systemRandom.bytes(32);

export interface TestRelay {
  radio: Radio;
  port: number;
  /** For members, without the relay's peer id. */
  address: Multiaddr;
  /** Where callers seem to be from now on. */
  from: { address: string };
  stop(): Promise<void>;
}

/** Members here dial and ask once; a busy machine must not end them. Tests of these limits pass their own. */
const PATIENT = { strangerMs: 60_000, upgradeMs: 60_000, hopMs: 60_000, requestMs: 60_000 };

export async function startTestRelay(keys: Uint8Array[], own: Partial<RadioLimits> = {}): Promise<TestRelay> {
  const limits = { ...PATIENT, ...own };
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = multiaddr(`/ip4/127.0.0.1/tcp/${String(port)}/ws`);
  const from = { address: '192.0.2.1' };
  const addressOf = (): string => from.address;
  const radio = await openRadio({ seed: randomKey(), keys, announce: [address.toString()], limits, addressOf });
  server.on('upgrade', radio.upgrade);
  return {
    radio,
    port,
    address,
    from,
    async stop() {
      await radio.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Tap {
  address: Multiaddr;
  /** Every byte that the relay sent through it. */
  heard(): Buffer;
  /** Every byte that was sent to it. */
  said(): Buffer;
  /** Sends more to the relay. */
  say(bytes: Uint8Array): void;
  /** Stops reading what the relay sends; `back`: what the member says goes on. */
  choke(way?: 'back'): void;
  /** Resolves when all that came through it have ended. */
  ended(): Promise<void>;
  stop(): void;
}

/** A wire to the relay that can be listened to. */
export async function tap(port: number): Promise<Tap> {
  const chunks: Buffer[] = [];
  const said: Buffer[] = [];
  const sockets = new Set<Socket>();
  const relays = new Set<Socket>();
  const ends: Promise<unknown>[] = [];
  const server = createTcpServer((caller) => {
    const relay = connect(port, '127.0.0.1');
    relays.add(relay);
    for (const one of [caller, relay]) sockets.add(one.on('error', () => undefined));
    relay.on('data', (chunk) => chunks.push(chunk));
    caller.on('data', (chunk) => said.push(chunk));
    ends.push(new Promise((resolve) => relay.once('close', resolve)));
    caller.pipe(relay).pipe(caller);
    relay.once('close', () => caller.destroy());
    caller.once('close', () => relay.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: multiaddr(`/ip4/127.0.0.1/tcp/${String((server.address() as AddressInfo).port)}/ws`),
    heard: () => Buffer.concat(chunks),
    said: () => Buffer.concat(said),
    say(bytes) {
      for (const one of relays) one.write(bytes);
    },
    choke(way) {
      for (const socket of way === 'back' ? relays : sockets) socket.unpipe().removeAllListeners('data').pause();
    },
    async ended() {
      await Promise.all(ends);
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A member, or who would like to be one: `protector` in place of that of its mesh key. */
export function startMember(
  meshKey: Uint8Array,
  protector?: () => ConnectionProtector,
  more: Libp2pOptions = {},
): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport({ reservationCompletionTimeout: 240_000 })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionProtector: protector ?? twoKeyProtector({ mesh: meshKey }, 240_000),
    connectionGater: { denyDialMultiaddr: () => false },
    // It dials and asks once, and libp2p's own patience of 6 and 10 s is short on a busy machine.
    connectionManager: {
      dialTimeout: 240_000,
      addressDialTimeout: 240_000,
      outboundStreamProtocolNegotiationTimeout: 240_000,
    },
    services: { identify: identify(), ping: ping() },
    ...more,
  });
}

/** Resolves when the member can be reached through the relay; gives the address where. */
export async function reserve(
  member: Libp2p,
  { address, radio }: Pick<TestRelay, 'address' | 'radio'>,
): Promise<Multiaddr> {
  const reserved = new Promise<void>((resolve) => {
    const look = (): void => {
      if (member.getMultiaddrs().some((one) => one.toString().includes('/p2p-circuit'))) resolve();
    };
    member.addEventListener('self:peer:update', look);
  });
  await member.dial(address);
  await reserved;
  return address.encapsulate(`/p2p/${radio.peer}/p2p-circuit/p2p/${member.peerId.toString()}`);
}

/** What the relay answers to a member that asks who is there. */
export async function ask(member: Libp2p, relay: PeerId, meshKey: Uint8Array): Promise<string[]> {
  return openPeers(await askRaw(member, relay, sealPeer(member.peerId.toString(), meshKey, systemRandom)), meshKey);
}

/** The bytes of the relay's answer to any bytes. */
export async function askRaw(member: Libp2p, relay: PeerId, question: Uint8Array): Promise<Uint8Array> {
  const stream = await member.dialProtocol(relay, RENDEZVOUS);
  const answer: number[] = [];
  const done = new Promise<void>((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => answer.push(...data.subarray()));
    stream.addEventListener('remoteCloseWrite', () => {
      resolve();
    });
    stream.addEventListener('close', ({ error }) => {
      if (error) reject(error);
      else resolve();
    });
  });
  stream.send(question);
  await done;
  await stream.close();
  if (answer.length > RENDEZVOUS_BYTES) throw new Error('the answer is too long');
  return Uint8Array.from(answer);
}
