import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecure } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Proxies } from './client-address';
import { createLog } from './log';
import { readMetrics } from './prometheus.testkit';
import { openMeshService } from './radio/service';
import { reloadLogged, startRelay, type Relay, type RelayOptions } from './server';
import { loadCertificate } from './tls';

let directory: string;
let files: { cert: string; key: string };
let relay: Relay | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-tls-'));
  files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(async () => {
  await relay?.stop();
  relay = undefined;
});

function makeCertificate({ cert, key } = files): void {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-out', cert, '-keyout', key], { stdio: 'ignore' });
}

const start = async (more: Partial<RelayOptions> = {}): Promise<Relay> =>
  (relay = await startRelay({ assets: new Map(), host: '127.0.0.1', port: 0, tls: files, ...more }));

/** The serial number of the certificate that is shown, and the answer. */
function get(path: string): Promise<{ serial: string; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: relay!.port, path, rejectUnauthorized: false, agent: false as const };
    request(options, (response) => {
      const { serialNumber } = (response.socket as ReturnType<typeof connectSecure>).getPeerCertificate();
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ serial: serialNumber, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

test('HTTPS with the files given, and its end counted', async () => {
  makeCertificate();
  const { url } = await start();
  expect(url).toBe(`https://localhost:${relay!.port}/`);
  const { headers, body } = await get('/healthz');
  expect(JSON.parse(body)).toMatchObject({ status: 'ok' });
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
  const expiry = readMetrics((await get('/metrics')).body).get('sovereign_relay_certificate_expiry_timestamp_seconds');
  expect(expiry!.samples.get('')).toBe((await loadCertificate(files)).expires / 1_000);
});

test('nothing older than TLS 1.2', async () => {
  makeCertificate();
  const { port } = await start();
  const socket = connectSecure({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.1' });
  await expect(
    new Promise((resolve, reject) => socket.on('error', reject).on('secureConnect', resolve)),
  ).rejects.toThrow();
});

test('a WebSocket over TLS gets to the radio: 24 bytes, as every stranger', async () => {
  makeCertificate();
  const { addressOf } = new Proxies([]);
  const options = { state: undefined, keyFiles: [], publicUrl: undefined, stunPort: undefined, stunHost: '127.0.0.1' };
  const { port } = await start({
    mesh: (url) => openMeshService({ ...options, addressOf, trustsMachine: true }, url),
  });
  const socket = new WebSocket(`wss://127.0.0.1:${port}/mesh`, { rejectUnauthorized: false });
  const heard = await new Promise<Buffer>((resolve, reject) => socket.on('message', resolve).on('error', reject));
  expect(heard).toHaveLength(24);
  // It is the radio's now, and no socket of plain HTTP.
  const sockets = readMetrics((await get('/metrics')).body).get('sovereign_relay_http_sockets');
  expect(sockets!.samples.get('')).toBe(1);
  socket.terminate();
});

test('a renewed certificate is taken at a reload; a broken one is not, and the old one stays', async () => {
  makeCertificate();
  const lines: string[] = [];
  const log = createLog({ level: 'info', identities: false, write: (line) => lines.push(line), now: () => 0 });
  await start();
  const first = (await get('/')).serial;
  makeCertificate();
  await reloadLogged(relay!, log);
  const second = (await get('/')).serial;
  expect(second).not.toBe(first);
  await writeFile(files.cert, 'not a certificate');
  await reloadLogged(relay!, log);
  expect((await get('/')).serial).toBe(second);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'info', event: 'certificate_reloaded' },
    { level: 'error', event: 'certificate_kept', code: 'certificate_unusable' },
  ]);
});

test('files that are missing, wrong or of two pairs are said in words, without what is in them', async () => {
  makeCertificate();
  const missing = { ...files, key: join(directory, 'none.pem') };
  await expect(start({ tls: missing })).rejects.toThrow(/none\.pem cannot be read \(ENOENT\)/);
  const other = { cert: join(directory, 'other.pem'), key: join(directory, 'other-key.pem') };
  makeCertificate(other);
  await expect(start({ tls: { ...files, key: other.key } })).rejects.toThrow(/other-key\.pem does not go with/);
  await expect(start({ tls: { ...files, cert: files.key } })).rejects.toThrow(/is no certificate/);
});

test('ATTACK: sockets that never begin TLS are ended', async () => {
  makeCertificate();
  const { port } = await start({ limits: { relayHeadMs: 200 } });
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(JSON.parse((await get('/healthz')).body)).toMatchObject({ status: 'ok' });
});
