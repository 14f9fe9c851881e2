import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hex } from '../../src/crypto';
import { askAdmission } from '../../src/mesh/admission';
import { formatSwarmKey, relayKeyOf } from '../../src/mesh/pnet';
import { Proxies } from '../client-address';
import { parseConfig } from '../config';
import { createLog } from '../log';
import { readMetrics } from '../prometheus.testkit';
import { startRelay } from '../server';
import type { Relay } from '../server';
import { NetworkFiles } from './network-files';
import { openMeshService } from './service';
import type { MeshOptions } from './service';
import { randomKey, reserve, startMember } from './testkit';

let state: string;
const relays: Relay[] = [];
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'relay-'));
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
  await rm(state, { recursive: true });
});

async function start(more: Partial<MeshOptions> = {}): Promise<Relay> {
  const { addressOf } = new Proxies([]);
  const options: MeshOptions = {
    state,
    keyFiles: [],
    publicUrl: undefined,
    stunPort: undefined,
    stunHost: '127.0.0.1',
    addressOf,
    trustsMachine: true,
    ...more,
  };
  const mesh = (url: string) => openMeshService(options, url);
  const { log } = options;
  const relay = await startRelay({ assets: new Map(), host: '127.0.0.1', port: 0, mesh, ...(log && { log }) });
  relays.push(relay);
  return relay;
}

const token = async (): Promise<string> => (await readFile(join(state, 'admission-token'), 'utf8')).trim();
const key = relayKeyOf(randomKey());
const ask = (relay: Relay, more: { token?: string } = {}) =>
  askAdmission({ origin: relay.url, relayKey: key, fetch, ...more });

/** The status of a request with exactly these headers, which `fetch` would not send. */
function post(relay: Relay, headers: Record<string, string>, body = JSON.stringify({ relay_key: hex(key) })) {
  return new Promise<number>((resolve, reject) => {
    const options = { port: relay.port, host: '127.0.0.1', method: 'POST', path: '/mesh/networks', headers };
    httpRequest(options, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode!);
      });
    })
      .on('error', reject)
      .end(body);
  });
}

describe('admission over HTTP', () => {
  test('a program on this machine brings its key, and the network outlives a restart', async () => {
    const relay = await start();
    const told = await ask(relay);
    expect(told).toEqual({
      peer: relay.mesh!.radio.peer,
      addresses: [`/dns4/localhost/tcp/${String(relay.port)}/ws`],
      stun: [],
    });
    expect(relay.mesh!.radio.status().networks).toBe(1);
    await ask(relay);
    expect(relay.mesh!.radio.status().networks).toBe(1);
    await relay.stop();
    const again = await start();
    expect(again.mesh!.radio.peer).toBe(told.peer);
    expect(again.mesh!.radio.status().networks).toBe(1);
  });

  test('the state directory is for its user alone, and names of files tell no key', async () => {
    await ask(await start());
    const [file] = await readdir(join(state, 'networks'));
    expect(file).not.toContain(hex(key).slice(0, 16));
    for (const name of [`networks/${file!}`, 'admission-token', 'relay.key'])
      expect((await stat(join(state, name))).mode & 0o077).toBe(0);
  });

  test('ATTACK: another site, a rebound name, and what is behind a proxy are not this machine', async () => {
    const relay = await start();
    const here = `localhost:${String(relay.port)}`;
    expect(await post(relay, { host: here, origin: `http://${here}` })).toBe(200);
    const foreign: Record<string, string>[] = [
      { host: here, origin: 'https://evil.example' },
      { host: here, origin: 'null' },
      { host: `evil.example:${String(relay.port)}`, origin: `http://evil.example:${String(relay.port)}` },
      { host: here, 'sec-fetch-site': 'cross-site' },
      { host: here, 'x-forwarded-for': '127.0.0.1' },
      { host: here, via: '1.1 proxy' },
    ];
    for (const headers of foreign) expect(await post(relay, headers)).toBe(403);
    expect(relay.mesh!.radio.status().networks).toBe(1);
  });

  test('ATTACK: a page of another site that asks without end does not keep the own page out', async () => {
    const relay = await start();
    const host = `localhost:${String(relay.port)}`;
    const foreign = { host, origin: 'https://evil.example' };
    for (let i = 0; i < 70; i++) expect(await post(relay, foreign)).toBe(403);
    for (let i = 0; i < 70; i++) await post(relay, { ...foreign, authorization: 'Bearer wrong' });
    expect(await post(relay, { host, origin: `http://${host}` })).toBe(200);
    expect(await post(relay, { ...foreign, authorization: `Bearer ${await token()}` })).toBe(200);
  });

  test('a page that another server serves may ask with the token, and read the answer', async () => {
    const relay = await start();
    const url = new URL('/mesh/networks', relay.url);
    const origin = 'https://app.example';
    const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin } });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'Authorization, Content-Type',
    });
    const body = JSON.stringify({ relay_key: hex(key) });
    const asked = (headers: Record<string, string>) =>
      fetch(url, { method: 'POST', body, headers: { origin, 'sec-fetch-site': 'cross-site', ...headers } });
    expect((await asked({})).status).toBe(403);
    const answer = await asked({ authorization: `Bearer ${await token()}` });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(relay.mesh!.radio.status().networks).toBe(1);
  });

  test('from elsewhere the token is needed, and a wrong one is refused here too', async () => {
    const relay = await start({ trustsMachine: false });
    await expect(ask(relay)).rejects.toMatchObject({ code: 'refused' });
    await expect(ask(relay, { token: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'refused' });
    expect((await ask(relay, { token: await token() })).peer).toBe(relay.mesh!.radio.peer);
    const local = await start();
    await expect(ask(local, { token: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'refused' });
  });

  test.each(['', '{}', '{"relay_key":7}', '{"relay_key":"ab"}', `{"relay_key":"${'zz'.repeat(32)}"}`, 'x'.repeat(300)])(
    'a body that is no key is refused: %s',
    async (body) => {
      const relay = await start();
      expect(await post(relay, { host: `localhost:${String(relay.port)}` }, body)).toBe(400);
    },
  );

  test('ATTACK: one address that tries tokens is soon answered no more', async () => {
    const relay = await start({ trustsMachine: false });
    const statuses: number[] = [];
    for (let i = 0; i < 70; i++) statuses.push(await post(relay, { authorization: `Bearer ${String(i)}` }));
    expect(statuses.filter((status) => status === 403)).toHaveLength(60);
    expect(statuses.at(-1)).toBe(429);
  });
});

test('what is counted is told on this machine alone, and names nobody', async () => {
  const relay = await start({ stunPort: 0 });
  await ask(relay);
  const text = await (await fetch(new URL('/metrics', relay.url))).text();
  const families = readMetrics(text);
  expect(families.get('sovereign_relay_networks')!.samples.get('')).toBe(1);
  expect(families.get('sovereign_relay_refused_total')!.samples.get('reason="noKey"')).toBe(0);
  expect(families.get('sovereign_relay_stun_answers_total')!.samples.get('')).toBe(0);
  expect(text).not.toContain(relay.mesh!.radio.peer);
  expect(text).not.toContain('127.0.0.1');
  const outside = await fetch(new URL('/metrics', relay.url), { headers: { 'X-Forwarded-For': '203.0.113.9' } });
  expect(outside.status).toBe(404);
});

test('the operator may let others read what is counted, by their true address', async () => {
  const proxies = new Proxies(['127.0.0.1']);
  const relay = await startRelay({
    assets: new Map(),
    host: '127.0.0.1',
    port: 0,
    proxies,
    metricsFrom: ['10.1.0.0/16'],
  });
  relays.push(relay);
  const from = async (address: string) =>
    (await fetch(new URL('/metrics', relay.url), { headers: { 'X-Forwarded-For': address } })).status;
  expect(await from('10.1.2.3')).toBe(200);
  expect(await from('10.2.2.3')).toBe(404);
  expect(await from('10.1.2.3, 10.2.2.3')).toBe(404);
});

test('health says what is served and where STUN is, and counts nothing', async () => {
  const relay = await start({ stunPort: 0, publicUrl: 'https://relay.example' });
  await ask(relay, { token: await token() });
  const health: unknown = await (await fetch(new URL('/healthz', relay.url))).json();
  const stun = expect.stringMatching(/^stun:relay\.example:\d+$/) as string;
  expect(health).toEqual({
    status: 'ok',
    version: expect.any(String) as string,
    build: expect.any(String) as string,
    uptime_ms: expect.any(Number) as number,
    serves: { app: false, relay: true, witness: false, stun },
  });
});

describe('the log', () => {
  const session = async (identities: boolean): Promise<{ text: string; ids: string[] }> => {
    const lines: string[] = [];
    const log = createLog({ level: 'debug', identities, write: (line) => lines.push(line), now: Date.now });
    const mesh = randomKey();
    const relay = await start({ log });
    await askAdmission({ origin: relay.url, relayKey: relayKeyOf(mesh), fetch });
    const member = await startMember(mesh);
    const address = multiaddr(`/ip4/127.0.0.1/tcp/${String(relay.port)}/ws`);
    await reserve(member, { address, radio: relay.mesh!.radio });
    const ids = [member.peerId.toString(), '127.0.0.1'];
    await relay.stop();
    await member.stop();
    return { text: lines.join(''), ids };
  };

  test('names nobody by default, at its finest level', async () => {
    const { text, ids } = await session(false);
    for (const event of ['network_served', 'member_came', 'members_told_to_move', 'member_left'])
      expect(text).toContain(`"event":"${event}"`);
    for (const id of ids) expect(text).not.toContain(id);
    expect(text).not.toMatch(/12D3KooW|\d+\.\d+\.\d+\.\d+/);
  });

  test('names members when the operator asks for that', async () => {
    const { text, ids } = await session(true);
    for (const id of ids) expect(text).toContain(id);
  });
});

test('ATTACK: a member brings no keys, and who has the token still does', async () => {
  const mesh = randomKey();
  const relay = await start({ trustsMachine: false, limits: { networks: 2 } });
  await askAdmission({ origin: relay.url, relayKey: relayKeyOf(mesh), fetch, token: await token() });
  const member = await startMember(mesh);
  await member.dial(multiaddr(`/ip4/127.0.0.1/tcp/${String(relay.port)}/ws`));
  const there = peerIdFromString(relay.mesh!.radio.peer);
  await expect(member.dialProtocol(there, '/sovereign/admission/1.0.0')).rejects.toThrow(/protocol/i);
  expect(relay.mesh!.radio.status().networks).toBe(1);
  await ask(relay, { token: await token() });
  expect(relay.mesh!.radio.status().networks).toBe(2);
  await member.stop();
});

test('with more keys kept than it may serve it starts, those that the operator names first, and says so', async () => {
  const brought = await start();
  for (let i = 0; i < 3; i++) await askAdmission({ origin: brought.url, relayKey: randomKey(), fetch });
  await brought.stop();
  const file = join(state, 'named.key');
  const mesh = randomKey();
  await writeFile(file, formatSwarmKey(relayKeyOf(mesh)));
  const lines: string[] = [];
  const log = createLog({ level: 'warn', identities: false, write: (line) => lines.push(line), now: Date.now });
  const relay = await start({ keyFiles: [file], limits: { networks: 3 }, log });
  expect(relay.mesh!.radio.status().networks).toBe(3);
  expect(lines.join('')).toMatch(/"event":"networks_left_out".*"networks":1/);
  const member = await startMember(mesh);
  await member.dial(multiaddr(`/ip4/127.0.0.1/tcp/${String(relay.port)}/ws`));
  await member.stop();
  expect(await readdir(join(state, 'networks'))).toHaveLength(3);
});

test('an address has as many places as the operator says, and no more', async () => {
  const mesh = randomKey();
  const { radioLimits: limits } = parseConfig(['--max-members-per-address', '2']);
  const relay = await start({ limits });
  await askAdmission({ origin: relay.url, relayKey: relayKeyOf(mesh), fetch });
  const address = multiaddr(`/ip4/127.0.0.1/tcp/${String(relay.port)}/ws`);
  const members = await Promise.all([1, 2, 3].map(() => startMember(mesh)));
  for (const one of members.slice(0, 2)) await reserve(one, { address, radio: relay.mesh!.radio });
  await expect(members[2]!.dial(address)).rejects.toThrow();
  expect(relay.mesh!.radio.status().reservations).toBe(2);
  await Promise.all(members.map(async (one) => one.stop()));
});

test('a disk that takes no times ends nothing, and is told of', async () => {
  const mesh = randomKey();
  const lines: string[] = [];
  const log = createLog({ level: 'warn', identities: false, write: (line) => lines.push(line), now: Date.now });
  const relay = await start({ log });
  await askAdmission({ origin: relay.url, relayKey: relayKeyOf(mesh), fetch });
  // Whoever runs the tests may be root, whom no file system refuses.
  const refused = Object.assign(new Error('read-only file system'), { code: 'EROFS' });
  const used = vi.spyOn(NetworkFiles.prototype, 'used').mockRejectedValue(refused);
  const member = await startMember(mesh);
  await member.dial(multiaddr(`/ip4/127.0.0.1/tcp/${String(relay.port)}/ws`));
  expect(lines.join('')).toMatch(/"event":"network_use_not_kept","code":"EROFS"/);
  used.mockRestore();
  await member.stop();
});

test('networks that nobody used for a season are forgotten, those in files that the operator names are not', async () => {
  await ask(await start());
  const file = join(state, 'named.key');
  await writeFile(file, formatSwarmKey(randomKey()));
  const [name] = await readdir(join(state, 'networks'));
  const long = new Date(Date.now() - 91 * 86_400_000);
  await utimes(join(state, 'networks', name!), long, long);
  await utimes(file, long, long);
  expect((await start({ keyFiles: [file] })).mesh!.radio.status().networks).toBe(1);
  expect(await readdir(join(state, 'networks'))).toEqual([]);
});

test('a key file that is none is named, and its text is not', async () => {
  const file = join(state, 'wrong.key');
  await writeFile(file, 'secret');
  await expect(start({ keyFiles: [file] })).rejects.toThrow(/relay key file .*wrong\.key/);
});
