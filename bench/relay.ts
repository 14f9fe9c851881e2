/**
 * What the relay costs beside a bare `ws` echo, in one run: processor time for what it carries, and memory for members
 * that are connected and say nothing. Prints one line of JSON: rows of a table.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { WebSocket } from 'ws';
import { hex } from '../src/crypto';
import { polyfillNode } from '../src/mesh/libp2p/polyfill';
import { relayKeyOf, twoKeyProtector } from '../src/mesh/pnet';
import type { Usage } from './relay/server';

const IDLE = Number(process.argv[2] ?? 2_000);
const BYTES = 128 * 2 ** 20;
const MESSAGES = 50_000;
const NODES = 20;
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
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionProtector: twoKeyProtector({ mesh: MESH }),
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { maxConnections: 10_000 },
    services: { identify: identify() },
  });

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
  const reserved = new Promise<void>((resolve) => {
    b.addEventListener('self:peer:update', () => {
      if (b.getMultiaddrs().length > 0) resolve();
    });
  });
  await b.dial(address(relay));
  await reserved;
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

/** Each is a connection of its own; they are shared out among a few peers, to leave memory for the rest of the machine. */
async function idleMembers(relay: Measured): Promise<{ rss: number; seconds: number }> {
  const before = (await relay.usage()).rss;
  const nodes = await Promise.all(Array.from({ length: NODES }, member));
  const start = performance.now();
  const held: Connection[] = [];
  await Promise.all(
    nodes.map(async (node) => {
      for (let i = 0; i < IDLE / NODES; i++) held.push(await node.dial(address(relay), { force: true }));
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  const rss = (await relay.usage()).rss;
  if (held.some(({ status }) => status !== 'open')) throw new Error('a member was not kept');
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
const figures = {
  idle: IDLE,
  stream: [await carried(relay, LARGE, BYTES / LARGE), await echoed(echo, LARGE, BYTES / LARGE)],
  messages: [await carried(relay, 256, MESSAGES), await echoed(echo, 256, MESSAGES)],
  members: [await idleMembers(relay), await idleSockets(echo)],
  total: (await relay.usage()).rss,
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
    [`MiB for ${String(IDLE)} idle connections`, ...figures.members.map(({ rss }) => mib(rss))],
    ['connections taken per second', ...figures.members.map(({ seconds }) => (IDLE / seconds).toFixed(0))],
    ['MiB of the relay in all', mib(figures.total), ''],
  ]),
);
relay.stop();
echo.stop();
process.exit(0);
