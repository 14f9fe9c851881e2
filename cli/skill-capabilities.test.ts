/** Skills that ask for the world, in real threads, of a real node; and a real server behind the only door out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundleSkillThread } from '../scripts/lib/skill-thread.mjs';
import { base64, concat, sha256Hex, sha256Text, utf8 } from '../src/crypto';
import { LIMITS } from '../src/protocol/limits';
import type { SovereignNode } from '../src/node';
import { put } from '../src/node/installs/testkit';
import { approved } from '../src/node/testing/owner';
import { call, testNode, TestDevice } from '../src/node/testkit';
import { author, packageBy } from '../src/registry/testkit';
import { createInlineRunner, replayExecution } from '../src/skills';
import { rawWat, wat } from '../src/skills/abi/testing/wat';
import { bytesSource, verifyBundle, zipReader } from '../src/verify';
import { createNodeSkillRunner } from './skill-runner';

/** Its input's first letter says what it asks the world for, the rest is the request; it answers what it heard. */
const ask = (letter: string, name: string, otherwise: string) =>
  `(if (result i32) (i32.eq (i32.load8_u (local.get $p)) (i32.const ${letter.charCodeAt(0)}))
     (then (call $${name} (i32.add (local.get $p) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1))))
     (else ${otherwise}))`;
const SKILL = wat(
  rawWat(
    `(drop ${ask('f', 'http.fetch', ask('w', 'memory.write', ask('r', 'memory.read', '(i32.const 0)')))})
     (call $pack (i32.const 0) (call $result (i32.const 0) (i32.const 65536)))`,
    ['http.fetch', 'memory.write', 'memory.read', 'result'],
  ),
);
const HOST = 'api.example.org';
const GRANTS = [`http.fetch:${HOST}`, 'memory.read', 'memory.write'];

let folder: string;
let thread: URL;
let server: Server;
let base: string;
let heard: IncomingMessage[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-capabilities-'));
  thread = await bundleSkillThread(folder);
  server = createServer((request, response) => {
    heard.push(request);
    if (request.url === '/away') return void response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end();
    if (request.url === '/long') return void response.end(Buffer.alloc(LIMITS.skillFetchBytes + 1));
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Set-Cookie': 'a=b', 'X-Other': 'y' });
    request.pipe(response);
    if (request.method === 'GET') response.end('sunny');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => void (heard = []));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** The test's part of the world: the name leads to the server, and only that one name. */
const fetchHere = (url: string, init: RequestInit) => fetch(url.replace(`https://${HOST}/`, `${base}/`), init);

async function withNode(use: (node: SovereignNode) => Promise<void>, device = new TestDevice()): Promise<TestDevice> {
  const skills = createNodeSkillRunner(thread);
  const node = testNode(device, { skills, fetch: fetchHere });
  try {
    await node.start();
    await use(node);
  } finally {
    await node.stop();
    skills.dispose();
  }
  return device;
}

async function install(node: SovereignNode, name = 'weather'): Promise<void> {
  const capabilities = GRANTS.map((grant) => ({ grant, why: 'To try it.' }));
  const made = await packageBy(await author('ada'), {
    name,
    sha256: sha256Hex(SKILL),
    bytes: SKILL.length,
    capabilities,
  });
  await put(node, made.bytes);
  await put(node, SKILL);
  await approved(node, () => call(node, 'InstallSkill', { manifest: made.address }));
}

async function run(node: SovereignNode, letter: string, request: Uint8Array, skill = 'weather') {
  const result = await call(node, 'RunSkill', { skill, input_sha256: await put(node, concat(utf8(letter), request)) });
  expect(result.outcome).toBe('ok');
  return result;
}
const fetching = async (node: SovereignNode, request: object) =>
  run(node, 'f', utf8(JSON.stringify({ url: `https://${HOST}/today`, ...request })));
const pair = (key: string, value: string) => concat(Uint8Array.of(utf8(key).length, 0, 0, 0), utf8(key), utf8(value));
const lines = async (node: SovereignNode) =>
  (await call(node, 'ListEntries', { limit: 50, filter: { type: 'HTTP_FETCHED' } })).entries.map((e) => e.entry.data);

describe('http.fetch', () => {
  test('asks the host that was granted, logs it by digests, and is made again with no server at all', async () => {
    await withNode(async (node) => {
      await install(node);
      const got = await fetching(node, { headers: { Accept: 'text/plain' } });
      const answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: base64(utf8('sunny')) };
      expect(JSON.parse(got.text!)).toEqual(answer);
      expect(heard[0]!.headers).toMatchObject({ accept: 'text/plain' });
      expect(heard[0]!.headers).not.toHaveProperty('cookie');
      const posted = await fetching(node, { method: 'POST', body: base64(utf8('rain?')) });
      expect(JSON.parse(posted.text!)).toMatchObject({ status: 200, body: base64(utf8('rain?')) });
      const [second, sent, first] = await lines(node);
      const request_sha256 = sha256Text(
        JSON.stringify({ url: `https://${HOST}/today`, headers: { Accept: 'text/plain' } }),
      );
      const response_sha256 = sha256Text(got.text!);
      const { order_id } = got;
      expect(first).toEqual({ order_id, method: 'GET', host: HOST, status: 200, request_sha256, response_sha256 });
      expect(second).toMatchObject({ order_id: posted.order_id, method: 'POST', status: 200 });
      expect(sent).toMatchObject({ order_id: posted.order_id, method: 'POST', error: 'about to be sent' });

      const asked = heard.length;
      for (const { seq } of [got, posted])
        expect((await call(node, 'ReplayExecution', { seq })).replayed).toEqual({ kind: 'identical' });
      expect(heard).toHaveLength(asked);
      const { sha256 } = await call(node, 'ExportBundle', { disclose: [] });
      const zip = await node.getBlob(sha256);
      const report = await verifyBundle(await zipReader(bytesSource((zip as { Ok: Uint8Array }).Ok)), {
        executions: (record, blobs) => replayExecution(record, blobs, createInlineRunner()),
      });
      expect(report.problems).toEqual([]);
      expect(report.verdicts).toMatchObject({ integrity: 'pass', execution: 'pass' });
    });
  });

  test.each([
    ['a redirect', { url: `https://${HOST}/away` }, 'there was no answer that may be read'],
    ['more than may be', { url: `https://${HOST}/long` }, 'the answer is longer than 8388608 bytes'],
    ['a method that changes things', { method: 'PUT' }, 'this is no request that the node makes'],
    ['a header that says who asks', { headers: { Authorization: 'x' } }, 'this is no request that the node makes'],
    ['a cookie', { headers: { cookie: 'x' } }, 'this is no request that the node makes'],
    ['credentials in the address', { url: `https://u:p@${HOST}/` }, 'only HTTPS without credentials is asked'],
    ['a body that is no base64', { method: 'POST', body: '?' }, 'this is no request that the node makes'],
    ['a body of a GET', { body: 'YQ==' }, 'a GET has no body'],
  ])('%s is refused in words that the skill hears', async (_, request, words) => {
    await withNode(async (node) => {
      await install(node);
      expect((await fetching(node, request)).text).toBe(words);
      expect(heard.every(({ url }) => url === '/away' || url === '/long')).toBe(true);
    });
  });

  test.each([
    ['another host', 'https://other.example.org/'],
    ['another port', `https://${HOST}:8443/`],
    ['no TLS', `http://${HOST}/`],
    ['this machine', 'https://localhost/'],
    ['a name below it', `https://a.${HOST}/`],
  ])('%s never leaves the worker', async (_, url) => {
    await withNode(async (node) => {
      await install(node);
      expect((await fetching(node, { url })).text).toBe('');
      expect(heard).toEqual([]);
      expect(await lines(node)).toEqual([]);
    });
  });
});

describe('memory', () => {
  test('is there after a restart, and is each skill’s own', async () => {
    const device = await withNode(async (node) => {
      await install(node);
      await install(node, 'tides');
      expect((await run(node, 'r', utf8('city'))).text).toBe('there is nothing under that key');
      expect((await run(node, 'w', pair('city', 'Basel'))).text).toBe('');
      expect((await run(node, 'r', utf8('city'))).text).toBe('Basel');
      expect((await run(node, 'r', utf8('city'), 'tides')).text).toBe('there is nothing under that key');
    });
    await withNode(async (node) => {
      const read = await run(node, 'r', utf8('city'));
      expect(read.text).toBe('Basel');
      await run(node, 'w', pair('city', ''));
      expect((await run(node, 'r', utf8('city'))).text).toBe('there is nothing under that key');
      // What it once read stands in the record, whatever is there now.
      expect((await call(node, 'ReplayExecution', { seq: read.seq })).replayed).toEqual({ kind: 'identical' });
    }, device);
  });
});
