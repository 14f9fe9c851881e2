import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAssets } from './assets';
import { startRelay, type Relay } from './server';

const PAGE = '<!doctype html><title>app</title>';
const SCRIPT = 'export const answer = 42;\n'.repeat(100);
let directory: string;
let relay: Relay;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-'));
  const app = join(directory, 'app');
  await mkdir(join(app, 'assets'), { recursive: true });
  await writeFile(join(directory, 'secret.txt'), 'outside');
  await writeFile(join(app, 'index.html'), PAGE);
  await writeFile(join(app, 'service-worker.js'), '// worker');
  await writeFile(join(app, 'assets/index-DEADbe_f.js'), SCRIPT);
  await writeFile(join(app, 'assets/index-DEADbe_f.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(app, 'assets/index-DEADbe_f.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(app, 'assets/skill-12345678.js'), 'onmessage = () => {};');
  await writeFile(join(app, 'assets/engine-12345678.wasm'), Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]));
  relay = await startRelay({ assets: await loadAssets(`${app}/`), host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await relay.stop();
  await rm(directory, { recursive: true });
});

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Node's own client with the path as given: `fetch` would tidy `/../` away before sending it. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: relay.port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject).end();
  });
}

describe('security headers', () => {
  test('are on the page, on an error and on the health report', async () => {
    for (const path of ['/', '/missing.js', '/healthz', '/%zz']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(headers['content-security-policy']).toContain("require-trusted-types-for 'script'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  test('the skill worker may compute and nothing else', async () => {
    const { headers } = await ask('/assets/skill-12345678.js');
    expect(headers['content-security-policy']).toBe("default-src 'none'; script-src 'wasm-unsafe-eval'");
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
  });
});

describe('files', () => {
  test('have the type a browser insists on', async () => {
    expect((await ask('/assets/index-DEADbe_f.js')).headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await ask('/assets/engine-12345678.wasm')).headers['content-type']).toBe('application/wasm');
    expect((await ask('/')).headers['content-type']).toBe('text/html; charset=utf-8');
  });

  test('hashed ones are kept for ever, the page and the service worker are asked for again', async () => {
    expect((await ask('/assets/index-DEADbe_f.js')).headers['cache-control']).toContain('immutable');
    expect((await ask('/')).headers['cache-control']).toBe('no-cache');
    expect((await ask('/service-worker.js')).headers['cache-control']).toBe('no-cache');
  });

  test('come compressed as the client takes them', async () => {
    const path = '/assets/index-DEADbe_f.js';
    const br = await ask(path, { 'Accept-Encoding': 'gzip, br' });
    expect(br.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
    const gz = await ask(path, { 'Accept-Encoding': 'gzip, br;q=0' });
    expect(gz.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gz.body).toString()).toBe(SCRIPT);
    const plain = await ask(path);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers.vary).toBe('Accept-Encoding');
    expect(plain.body.toString()).toBe(SCRIPT);
    expect(new Set([br, gz, plain].map((r) => r.headers.etag)).size).toBe(3);
  });

  test('the compressed copies have no address of their own', async () => {
    expect((await ask('/assets/index-DEADbe_f.js.br')).status).toBe(404);
  });

  test('a known ETag gets 304 and no body', async () => {
    const first = await ask('/');
    const again = await ask('/', { 'If-None-Match': `"other", ${String(first.headers.etag)}` });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, first.headers.etag]);
    expect((await ask('/', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  test('HEAD has the headers of GET and no body', async () => {
    const head = await ask('/', {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(String(PAGE.length));
  });
});

describe('refusals', () => {
  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets%00.js',
    '/./index.html',
    '/%',
    '//../secret.txt',
  ])('%s is not understood', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(400);
    expect(body.toString()).not.toContain('outside');
  });

  test('a doubly encoded climb is a name like any other, and there is no such file', async () => {
    expect((await ask('/%252e%252e/secret.txt')).status).toBe(404);
  });

  test('only GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask('/', {}, method);
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('the page answers for a navigation, never for a missing script', async () => {
    const page = await ask('/audit', { 'Sec-Fetch-Mode': 'navigate' });
    expect([page.status, page.body.toString()]).toEqual([200, PAGE]);
    expect((await ask('/audit', { Accept: 'text/html,*/*' })).status).toBe(200);
    expect((await ask('/audit')).status).toBe(404);
    expect((await ask('/audit', { 'Sec-Fetch-Mode': 'cors', Accept: 'text/html' })).status).toBe(404);
    expect((await ask('/assets/old-12345678.js', { 'Sec-Fetch-Mode': 'navigate' })).status).toBe(404);
  });
});

test('/healthz is small JSON that nobody caches', async () => {
  const { status, headers, body } = await ask('/healthz');
  expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  expect(JSON.parse(body.toString())).toMatchObject({ status: 'ok', uptime_ms: expect.any(Number) as number });
});

describe('starting and stopping', () => {
  const start = (port: number) => startRelay({ assets: new Map(), host: '127.0.0.1', port });

  test('a taken port is said in words', async () => {
    await expect(start(relay.port)).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(String(relay.port)) as string,
    });
  });

  test('an address of another machine is refused', async () => {
    await expect(startRelay({ assets: new Map(), host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'address_refused',
    });
  });

  test('a directory without an app is said in words', async () => {
    await expect(loadAssets(join(directory, 'nowhere'))).rejects.toMatchObject({ code: 'app_missing' });
    await expect(loadAssets(directory)).rejects.toMatchObject({ code: 'app_missing' });
  });

  test('a stop lets a request that is under way finish, and takes no other', async () => {
    const other = await start(0);
    const socket = connect(other.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const stopped = other.stop();
    expect(other.stop()).toBe(stopped);
    socket.write('\r\n');
    await Promise.all([stopped, ended]);
    expect(Buffer.concat(chunks).toString()).toContain('"status":"stopping"');
    await expect(fetch(`http://127.0.0.1:${String(other.port)}/healthz`)).rejects.toThrow();
  });
});
