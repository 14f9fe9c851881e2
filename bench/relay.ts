/**
 * What the relay costs beside a bare `ws` echo, in one run: processor time for what it carries, and memory for members
 * that are connected and say nothing. Prints one line of JSON: rows of a table.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { Libp2p, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { WebSocket } from 'ws';
import { hex } from '../src/crypto';
import { polyfillNode } from '../src/mesh/libp2p/polyfill';
import { thriftyYamux } from '../src/mesh/libp2p/yamux';
import { relayKeyOf, twoKeyProtector } from '../src/mesh/pnet';
import type { Usage } from './relay/server';

const IDLE = Number(process.argv[2] ?? 2_000);
const BYTES = 128 * 2 ** 20;
const MESSAGES = 50_000;
/** A busy machine is no reason to give up. */
const PATIENT_MS = 120_000;
/** Members that come at the same time. */
const AT_ONCE = 10;
const MESH = new Uint8Array(32).fill(7);

polyfillNode(WebSocket);

class Measured {
  readonly #child: ChildProcess;
  readonly port: number;
  readonly peer: string;

  private constructor(child: ChildProcess, port: number, peer: string) {
    this.#child = child;
    this.port = port;
    this.peer = peer;
  }

  static async start(what: 'radio' | 'echo'): Promise<Measured> {
    const path = fileURLToPath(new URL('./relay/server.mjs', import.meta.url));
    const child = fork(path, [what, hex(relayKeyOf(MESH))], { execArgv: ['--expose-gc'] });
    const { port, peer } = await answer<{ port: number; peer: string }>(child);
    return new Measured(child, port, peer);
  }

  usage(): Promise<Usage> {
    const answered = answer<Usage>(this.#child);
    this.#child.send('usage');
    return answered;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

const answer = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as T);
    });
    child.once('exit', (code) => {
      reject(new Error(`the server ended with ${String(code)}`));
    });
  });

const address = ({ port }: Measured) => multiaddr(`/ip4/127.0.0.1/tcp/${String(port)}/ws`);

const member = (): Promise<Libp2p> =>
  createLibp2p({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport({ reservationCompletionTimeout: PATIENT_MS })],
    connectionEncrypters: [noise()],
    // One in 2,000 that is silent needs no more than the relay's own heartbeat.
    streamMuxers: [thriftyYamux({ enableKeepAlive: false })],
    connectionMonitor: { enabled: false },
    connectionProtector: twoKeyProtector({ mesh: MESH }),
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { dialTimeout: PATIENT_MS, addressDialTimeout: PATIENT_MS },
    services: { identify: identify({ timeout: PATIENT_MS }) },
  });

/** Resolves when the relay leads to it. */
async function reserve(node: Libp2p, relay: Measured): Promise<void> {
  const reserved = new Promise<void>((resolve) => {
    node.addEventListener('self:peer:update', () => {
      if (node.getMultiaddrs().length > 0) resolve();
    });
  });
  await node.dial(address(relay));
  await reserved;
}

interface Cost {
  /** Seconds by the clock, and of the server's processor. */
  seconds: number;
  busy: number;
}

async function timed(server: Measured, work: () => Promise<void>): Promise<Cost> {
  const before = await server.usage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  return { seconds, busy: ((await server.usage()).cpu - before.cpu) / 1e6 };
}

/** Chunks one way over a circuit, each as soon as the stream takes it. */
async function carried(relay: Measured, chunk: number, count: number): Promise<Cost> {
  const [a, b] = [await member(), await member()];
  let got = 0;
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  await b.handle(
    '/sink',
    (stream) => {
      stream.addEventListener('message', ({ data }) => {
        got += data.byteLength;
        if (got >= chunk * count) done();
      });
    },
    { runOnLimitedConnection: true },
  );
  const there = address(relay).encapsulate(`/p2p/${relay.peer}/p2p-circuit/p2p/${b.peerId.toString()}`);
  await reserve(b, relay);
  const stream = await a.dialProtocol(there, '/sink', { runOnLimitedConnection: true });
  const cost = await timed(relay, async () => {
    await fill(stream, new Uint8Array(chunk), count);
    await all;
  });
  await a.stop();
  await b.stop();
  return cost;
}

async function fill(stream: Stream, chunk: Uint8Array, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (stream.send(chunk)) continue;
    await new Promise((resolve) => {
      stream.addEventListener('drain', resolve, { once: true });
    });
  }
}

/** The same, there and back again: the echo carries each byte in and out, as the relay does. */
async function echoed(echo: Measured, chunk: number, count: number): Promise<Cost> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(echo.port)}`);
  await new Promise((resolve) => socket.once('open', resolve));
  const bytes = new Uint8Array(chunk);
  let got = 0;
  const cost = await timed(echo, () => {
    return new Promise((resolve) => {
      let sent = 0;
      const send = (): void => {
        while (sent < count && sent - got < 64) {
          sent++;
          socket.send(bytes);
        }
      };
      socket.on('message', () => {
        if (++got === count) resolve();
        else send();
      });
      send();
    });
  });
  socket.close();
  return cost;
}

/** Each is a peer of its own, with a link of PNet, Noise and yamux, and a place where others reach it. */
async function idleMembers(relay: Measured): Promise<{ rss: number; seconds: number }> {
  const before = (await relay.usage()).rss;
  const nodes: Libp2p[] = [];
  const start = performance.now();
  const come = async (): Promise<void> => {
    while (nodes.length < IDLE) {
      const node = await member();
      nodes.push(node);
      await reserve(node, relay);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, come));
  const seconds = (performance.now() - start) / 1_000;
  const { rss, members, reservations } = await relay.usage();
  if (members < IDLE || reservations < IDLE) {
    throw new Error(
      `of ${String(IDLE)} members ${String(members)} are there, and ${String(reservations)} have a place`,
    );
  }
  await Promise.all(nodes.map(async (node) => node.stop()));
  return { rss: rss - before, seconds };
}

async function idleSockets(echo: Measured): Promise<{ rss: number; seconds: number }> {
  const before = (await echo.usage()).rss;
  const start = performance.now();
  const sockets: WebSocket[] = [];
  for (let i = 0; i < IDLE; i++) {
    const socket = new WebSocket(`ws://127.0.0.1:${String(echo.port)}`);
    sockets.push(socket);
    await new Promise((resolve) => socket.once('open', resolve));
  }
  const seconds = (performance.now() - start) / 1_000;
  const rss = (await echo.usage()).rss - before;
  for (const socket of sockets) socket.terminate();
  return { rss, seconds };
}

const [relay, echo] = [await Measured.start('radio'), await Measured.start('echo')];
const LARGE = 64 * 1024;
/** What a relay with that many idle members may take. */
const AIM = 512 * 2 ** 20;
const figures = {
  idle: IDLE,
  stream: [await carried(relay, LARGE, BYTES / LARGE), await echoed(echo, LARGE, BYTES / LARGE)],
  messages: [await carried(relay, 256, MESSAGES), await echoed(echo, 256, MESSAGES)],
  members: [await idleMembers(relay), await idleSockets(echo)],
  // The most that it ever had.
  total: (await relay.usage()).most,
};
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const row = (what: string, of: [Cost, Cost], units: (cost: Cost) => string): string[] => [what, ...of.map(units)];
console.log(
  JSON.stringify([
    ['', 'relay (a circuit)', 'bare ws echo'],
    row('MiB/s, 64 KiB at a time', figures.stream as [Cost, Cost], ({ seconds }) => mib(BYTES / seconds)),
    row('MiB per second of its processor', figures.stream as [Cost, Cost], ({ busy }) => mib(BYTES / busy)),
    row('messages of 256 B per second', figures.messages as [Cost, Cost], ({ seconds }) =>
      (MESSAGES / seconds).toFixed(0),
    ),
    row('… per second of its processor', figures.messages as [Cost, Cost], ({ busy }) => (MESSAGES / busy).toFixed(0)),
    [`MiB for ${String(IDLE)} idle members`, ...figures.members.map(({ rss }) => mib(rss))],
    ['members taken per second', ...figures.members.map(({ seconds }) => (IDLE / seconds).toFixed(0))],
    [
      'MiB of the relay in all, at most',
      mib(figures.total),
      `${figures.total < AIM ? 'met' : 'MISSED'}, aim: < ${mib(AIM)}`,
    ],
  ]),
);
relay.stop();
echo.stop();
process.exit(0);
