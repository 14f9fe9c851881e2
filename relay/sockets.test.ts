import { connect, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { Proxies } from './client-address';
import { startRelay, type Relay, type RelayOptions } from './server';

const WAIT = { timeout: 60_000, interval: 20 };
let relay: Relay | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await relay?.stop();
  relay = undefined;
});

const start = async (limits: RelayOptions['limits'], more: Partial<RelayOptions> = {}): Promise<Relay> =>
  (relay = await startRelay({ assets: new Map(), host: '127.0.0.1', port: 0, ...(limits && { limits }), ...more }));

/** A socket to it, that may say something first; `ended` resolves with all it heard. */
function open(said = ''): { socket: Socket; ended: Promise<string> } {
  const socket = connect(relay!.port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  if (said !== '') socket.write(said);
  return { socket, ended };
}

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
const answered = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('data', resolve));

test('ATTACK: one address has so many sockets, and gets others when it lets some go', async () => {
  await start({ relaySocketsPerAddress: 4 });
  const keep = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const held = [1, 2, 3, 4].map(() => open(keep));
  await Promise.all(held.map(({ socket }) => answered(socket)));
  expect(await open(ask('/healthz')).ended).toBe('');
  held[0]!.socket.destroy();
  await held[0]!.ended;
  // The other end hears of it a moment later.
  const heard = await vi.waitUntil(() => open(ask('/metrics')).ended, WAIT);
  expect(heard).toMatch(/\nsovereign_relay_http_sockets_refused_total [1-9]/);
});

test('a proxy that is trusted has as many as it needs', async () => {
  await start({ relaySocketsPerAddress: 1 }, { proxies: new Proxies(['127.0.0.1']) });
  const heard = await Promise.all([1, 2, 3].map(() => open(ask('/healthz')).ended));
  for (const one of heard) expect(one).toContain('200 OK');
});

test('ATTACK: a head that comes drop by drop is not waited for', async () => {
  await start({ relayHeadMs: 200 });
  const { socket, ended } = open('GET / HTTP/1.1\r\n');
  const drip = setInterval(() => socket.write('X-A: b\r\n'), 20);
  expect(await ended).toContain('408');
  clearInterval(drip);
});

test('ATTACK: a socket that says nothing is ended', async () => {
  await start({ relayHeadMs: 200 });
  await open().ended;
});

test('ATTACK: a body that comes drop by drop is not waited for', async () => {
  await start({ relayHeadMs: 3_000, relayRequestMs: 3_500 });
  const head = 'POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n';
  const { socket, ended } = open(head);
  const drip = setInterval(() => socket.write('x'), 20);
  expect(await ended).toContain('405');
  clearInterval(drip);
});

test('ATTACK: an answer that is not read is not kept', async () => {
  const identity = Buffer.alloc(64 * 1024 * 1024);
  const assets = new Map([['/big', { type: 'text/plain', immutable: false, bodies: { identity }, sha256: 'x' }]]);
  await start({ relayAnswerMs: 2_000 }, { assets });
  const { socket, ended } = open(ask('/big'));
  socket.pause();
  await vi.waitUntil(async () => /\nsovereign_relay_http_sockets 1\n/.test(await open(ask('/metrics')).ended), WAIT);
  socket.resume();
  expect((await ended).length).toBeLessThan(identity.length);
});

test('ATTACK: a head that is too long is refused', async () => {
  await start({});
  const heard = await open(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`).ended;
  expect(heard).toContain('431');
});
