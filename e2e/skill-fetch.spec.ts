/** A skill asks the web under the app's own CSP: a real HTTPS server behind a name that a proxy leads to it. */
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy, type Server } from 'node:http';
import { createServer as createSite } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { firstUrl } from '../scripts/lib/server.mjs';
import { base64, jcsBytes, sha256Hex, utf8 } from '../src/crypto';
import { rawWat, wat } from '../src/skills/abi/testing/wat';
import { collectComplaints, expect, test } from './lib/fixtures';
import { call, joinNode, openApp, putBlob } from './lib/node';

const HOST = 'api.example.org';
/** Granted by the owner too, but not named by the server. */
const UNNAMED = 'unnamed.example.org';
/** Asks for its input, and answers what it heard. */
const SKILL = wat(
  rawWat(
    `(drop (call $http.fetch (local.get $p) (local.get $n)))
     (call $pack (i32.const 0) (call $result (i32.const 0) (i32.const 65536)))`,
    ['http.fetch', 'result'],
  ),
);

/** Who was asked for by name, at the proxy; and the paths that the site was asked for. */
const named: string[] = [];
let asked: string[] = [];
let folder: string;
let site: Server;
let proxy: Server;
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-fetch-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-nodes', '-days', '2', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST},DNS:${UNNAMED}`];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  site = createSite({ key: readFileSync(key), cert: readFileSync(cert) }, ({ url, headers }, response) => {
    asked.push(`${headers.host} ${url}`);
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Access-Control-Allow-Origin': '*' }).end('sunny');
  });
  await listening(site);
  proxy = createProxy((_, response) => response.writeHead(403).end());
  proxy.on('connect', ({ url = '' }, socket) => {
    named.push(url);
    socket.on('error', () => undefined);
    // Whatever else a browser asks for by itself leads nowhere.
    if (!url.includes('.example.org:')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const tunnel = connect(portOf(site), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    tunnel.on('error', () => socket.destroy());
    return tunnel.pipe(socket).pipe(tunnel);
  });
  await listening(proxy);
});
test.afterAll(() => {
  site.close();
  proxy.close();
  rmSync(folder, { recursive: true });
});

/** Installs the skill with these grants, with the owner's yes. */
async function install(page: Page, grants: readonly string[]): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const limits = { memoryPages: 16, wallMs: 30_000, outputBytes: 65_536, gas: 1e9, hostCalls: 10, hostBytes: 65_536 };
  const body = {
    ...{ v: 1, name: 'weather', version: '1.0.0', title: 'Weather', description: 'Asks for what it is given.' },
    ...{ abi: 'raw', sha256: sha256Hex(SKILL), bytes: SKILL.length, limits, licence: 'MIT' },
    ...{ capabilities: grants.map((grant) => ({ grant, why: 'To try it.' })), input: 'A request.', output: 'A word.' },
    author: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
  };
  const signature = sign(null, jcsBytes(body), privateKey).toString('base64');
  await putBlob(page, [...SKILL]);
  const manifest = await putBlob(page, [...jcsBytes({ ...body, signature })]);
  const installing = call(page, 'InstallSkill', { manifest });
  await expect.poll(async () => (await call(page, 'ListApprovals')).length).toBe(1);
  await call(page, 'DecideApproval', { id: (await call(page, 'ListApprovals'))[0]!.id, verdict: 'yes' });
  await installing;
}

async function fetching(page: Page, url: string): Promise<string | undefined> {
  const input_sha256 = await putBlob(page, [...utf8(JSON.stringify({ url }))]);
  const result = await call(page, 'RunSkill', { skill: 'weather', input_sha256 });
  expect(result.outcome).toBe('ok');
  return result.text;
}

test('a skill hears the host that it was granted and the server names, and no other is ever asked', async ({
  playwright,
  browserName,
  launchOptions,
  channel,
}) => {
  const relay = spawn(process.execPath, ['dist/relay/main.mjs', '--port', '0', '--skill-host', HOST], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await playwright[browserName].launch({
    ...launchOptions,
    ...(channel === undefined ? {} : { channel }),
    args: [...(launchOptions.args ?? []), ...(browserName === 'chromium' ? ['--ignore-certificate-errors'] : [])],
    // To Firefox's driver the scheme says what is asked through the proxy, to Chromium's how the proxy is spoken to.
    proxy: {
      server: `${browserName === 'firefox' ? 'https' : 'http'}://127.0.0.1:${portOf(proxy)}`,
      bypass: 'localhost',
    },
  });
  try {
    const context = await browser.newContext({ baseURL: await firstUrl(relay), ignoreHTTPSErrors: true });
    const complaints = await collectComplaints(context);
    const page = await context.newPage();
    await openApp(page);
    await joinNode(page);
    await install(page, [`http.fetch:${HOST}`, `http.fetch:${UNNAMED}`]);
    asked = [];

    const answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: base64(utf8('sunny')) };
    expect(JSON.parse((await fetching(page, `https://${HOST}/today`))!)).toEqual(answer);
    expect(asked).toEqual([`${HOST} /today`]);
    const { entries } = await call(page, 'ListEntries', { limit: 9, filter: { type: 'HTTP_FETCHED' } });
    expect(entries.map(({ entry }) => entry.data)).toMatchObject([{ method: 'GET', host: HOST, status: 200 }]);
    expect(complaints).toEqual({ violations: [], errors: [] });

    // Not granted: it never leaves the skill's worker.
    for (const url of ['https://other.example.org/', `https://${HOST}:8443/`, `http://${HOST}/`])
      expect(await fetching(page, url)).toBe('');
    expect((await call(page, 'ListEntries', { limit: 9, filter: { type: 'HTTP_FETCHED' } })).entries).toHaveLength(1);
    // Granted, but not named by the server: the CSP of the node's worker holds it.
    expect(await fetching(page, `https://${UNNAMED}/`)).toBe('there was no answer that may be read');
    // The page itself reaches neither.
    const reached = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      `https://${HOST}/`,
    );
    expect(reached).toBe(false);
    expect(asked).toEqual([`${HOST} /today`]);
    expect([...new Set(named.filter((name) => name.includes('.example.org')))]).toEqual([`${HOST}:443`]);
  } finally {
    await browser.close();
    relay.kill();
  }
});
