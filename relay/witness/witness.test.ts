import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  noteKey,
  parseCosignerVkey,
  parseNote,
  sha256Hex,
  sha256Text,
  signerFromSeed,
  verifyCosignature,
} from '../../src/crypto';
import { LIMITS } from '../../src/protocol/limits';
import { formatRegistration } from '../../src/witness';
import type { Fork } from '../../src/witness';
import { TestLog } from '../../src/witness/testkit';
import { Proxies } from '../client-address';
import { startRelay, type Relay } from '../server';
import { JOURNAL_FILE } from './journal';

import { KEY_FILE, openWitness, type RunningWitness } from './open';

const node = await signerFromSeed(new Uint8Array(32).fill(1));
const logSigner = await signerFromSeed(new Uint8Array(32).fill(2));
const ORIGIN = `sovereign-node/${sha256Hex(node.publicKey).slice(0, 16)}/00000000`;
const log = new TestLog('log.example/a', logSigner, ['a', 'b', 'c', 'd', 'e']);
const forked = new TestLog('log.example/a', logSigner, ['a', 'b', 'X', 'd', 'e']);
const nodeLog = new TestLog(ORIGIN, logSigner, ['a', 'b', 'c']);

let state: string;
let running: RunningWitness;
let relay: Relay;
let forks: Fork[];

const start = async (proxies: string[] = []) => {
  const logs = [noteKey(log.origin, logSigner.publicKey)];
  running = await openWitness({ state, name: undefined, logs, open: true, onFork: (fork) => forks.push(fork) });
  const { witness } = running;
  relay = await startRelay({ assets: new Map(), host: '127.0.0.1', port: 0, witness, proxies: new Proxies(proxies) });
};
const stop = async () => {
  await relay.stop();
  await running.close();
};
beforeEach(async () => {
  state = join(await mkdtemp(join(tmpdir(), 'witness-')), 'state');
  forks = [];
  await start();
});
afterEach(async () => {
  await stop();
  await rm(join(state, '..'), { recursive: true });
});

const url = (path: string) => `http://127.0.0.1:${relay.port}/witness/${path}`;
const post = (path: string, body: BodyInit) => fetch(url(path), { method: 'POST', body });
const add = async (oldSize: number, size: number, from = log) =>
  post('add-checkpoint', Uint8Array.from(await from.request(oldSize, size)));
const vkey = async () => (await (await fetch(url('vkey'))).text()).trim();

describe('the witness over HTTP', () => {
  test('cosigns, says what it knows, and remembers it over a restart', async () => {
    const key = await vkey();
    const first = await add(0, 3);
    expect(first.status).toBe(200);
    const note = parseNote((await log.note(3)) + (await first.text()))!;
    expect(await verifyCosignature(note, parseCosignerVkey(key)!)).toBeGreaterThan(1_700_000_000);
    await stop();
    await start();
    expect(await vkey()).toBe(key);
    const conflict = await add(0, 5);
    expect([conflict.status, conflict.headers.get('content-type'), await conflict.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '3\n',
    ]);
    expect((await add(3, 5)).status).toBe(200);
    expect(await (await fetch(url(`${sha256Text(log.origin)}/checkpoint`))).text()).toBe(await log.note(5));
  });

  test('killed between the write and the answer, it holds to what it wrote', async () => {
    await running.witness.addCheckpoint(await log.request(0, 3));
    // The answer never left, and nothing was closed: another process would find just this.
    const journal = await readFile(join(state, JOURNAL_FILE));
    await stop();
    await writeFile(join(state, JOURNAL_FILE), journal);
    await start();
    expect((await add(0, 3, forked)).status).toBe(409);
    expect((await add(3, 3, forked)).status).toBe(409);
    expect((await add(3, 3)).status).toBe(200);
  });

  test('offered a fork it shows both checkpoints to whoever asks', async () => {
    await add(0, 3);
    expect((await add(3, 5, forked)).status).toBe(422);
    const shown = (await (await fetch(url('forks'))).json()) as { forks: Fork[] };
    expect(shown.forks).toMatchObject([
      { origin: log.origin, held: await log.note(3), offered: await forked.note(5), proven: true },
    ]);
    expect(forks).toEqual(shown.forks);
  });

  test('a node registers and is served; past the limit of an address there is 429', async () => {
    expect((await add(0, 3, nodeLog)).status).toBe(404);
    const body = await formatRegistration(ORIGIN, logSigner.publicKey, node);
    expect((await post('add-log', body)).status).toBe(200);
    expect((await add(0, 3, nodeLog)).status).toBe(200);
    for (let n = 1; n < LIMITS.witnessRegistrations; n++) expect((await post('add-log', 'x')).status).toBe(400);
    expect((await post('add-log', body)).status).toBe(429);
  });

  test('ATTACK: all addresses of one IPv6 network may register what one may', async () => {
    await stop();
    await start(['127.0.0.1']);
    const from = (address: string) =>
      fetch(url('add-log'), { method: 'POST', body: 'x', headers: { 'X-Forwarded-For': address } });
    for (let n = 0; n < LIMITS.witnessRegistrations; n++)
      expect((await from(`2001:db8::${n.toString(16)}`)).status).toBe(400);
    expect((await from('2001:db8::ffff')).status).toBe(429);
    expect((await from('2001:db8:0:1::1')).status).toBe(400);
  });

  test('ATTACK: bodies that never end keep out nobody but their own address', async () => {
    await stop();
    await start(['127.0.0.1']);
    const from = (address: string) =>
      `POST /witness/add-checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nX-Forwarded-For: ${address}\r\n\r\n`;
    const sockets = Array.from({ length: 80 }, () => connect(relay.port, '127.0.0.1').on('error', () => undefined));
    const refused = sockets.map(
      (socket) =>
        new Promise<number>((resolve) => socket.once('data', (heard) => resolve(Number(String(heard).slice(9, 12))))),
    );
    sockets.forEach((socket, i) => socket.write(from(`2001:db8::${i.toString(16)}`)));
    // The first that is refused tells that all places of this address are taken.
    expect(await Promise.race(refused)).toBe(503);
    const body = Uint8Array.from(await log.request(0, 3));
    const good = await fetch(url('add-checkpoint'), {
      method: 'POST',
      body,
      headers: { 'X-Forwarded-For': '192.0.2.1' },
    });
    expect(good.status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('any page may ask, with and without asking first', async () => {
    const asked = await fetch(url('add-checkpoint'), { method: 'OPTIONS' });
    expect(asked.status).toBe(204);
    for (const answer of [asked, await add(0, 3), await fetch(url('vkey')), await fetch(url('nothing'))]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'");
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test('what is too large, malformed or asked the wrong way is refused', async () => {
    expect((await post('add-checkpoint', 'x'.repeat(LIMITS.witnessRequestBytes + 1))).status).toBe(413);
    expect((await post('add-checkpoint', 'x')).status).toBe(400);
    expect((await fetch(url('add-checkpoint'))).status).toBe(405);
    expect((await post('vkey', '')).status).toBe(405);
    expect((await fetch(url('../witness/nothing'))).status).toBe(404);
  });
});

describe('its directory', () => {
  test('is private, and holds a private key', async () => {
    if (process.platform === 'win32') return;
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    const key = join(state, KEY_FILE);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect((await stat(key)).size).toBe(32);
    await stop();
    await chmod(key, 0o644);
    await expect(start()).rejects.toMatchObject({ code: 'state_unusable' });
    await chmod(key, 0o600);
    await start();
  });

  test('serves one process, and never a key without its record', async () => {
    await stop();
    const journal = await readFile(join(state, JOURNAL_FILE));
    await rm(join(state, JOURNAL_FILE));
    await expect(start()).rejects.toMatchObject({ code: 'state_broken' });
    await writeFile(join(state, JOURNAL_FILE), journal);
    await start();
  });
});
