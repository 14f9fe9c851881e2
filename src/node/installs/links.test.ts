import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signer } from '../../crypto';
import { entryOf, indexBytes, signIndex } from '../../registry';
import { author, MODULE, packageBy, type Package } from '../../registry/testkit';
import { approved } from '../testing/owner';
import { call } from '../testkit';
import { registryNode, types } from './testkit';

/** A static server, as anybody has one. */
let server: Server;
let base: string;
let ada: Signer;
let made: Package;
const files = new Map<string, Uint8Array>();
beforeAll(async () => {
  ada = await author('Ada');
  made = await packageBy(ada, { capabilities: [] });
  const revoked = [{ manifest_sha256: made.address, reason: 'Out of date.' }];
  const index = await signIndex({ title: 'Ada', skills: [entryOf(made.manifest)], revoked }, 0, ada);
  files.set('/s/index.json', indexBytes(index));
  files.set(`/s/${made.address}.json`, made.bytes);
  files.set(`/s/${made.manifest.sha256}.wasm`, MODULE);
  files.set('/s/huge.json', new Uint8Array(2_000_000).fill(32));
  server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: '/s/index.json' }).end();
    else if (files.has(request.url!)) response.end(files.get(request.url!));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const linked = () => registryNode(undefined, { fetch: (url, init) => fetch(url, init) });

describe('a link', () => {
  test('to an index lists it; to one of its skills, installs it from there', async () => {
    const { node } = await linked();
    const index = await call(node, 'FetchSkill', { url: `${base}/s/index.json` });
    expect(index).toMatchObject({
      kind: 'index',
      title: 'Ada',
      skills: [{ revoked: 'Out of date.', installed: false }],
    });
    if (index.kind !== 'index') throw new Error('no index');
    const skill = await call(node, 'FetchSkill', { url: index.skills[0]!.link });
    expect(skill).toMatchObject({
      kind: 'skill',
      package: { manifest_sha256: made.address, from: null, refused: null },
    });
    await approved(node, () => call(node, 'InstallSkill', { manifest: made.address }));
    expect(await types(node)).toContain('SKILL_INSTALLED');
    await node.stop();
  });

  test.each([
    ['that leads elsewhere', '/away', 'unreachable'],
    ['to nothing', '/s/none.json', 'unreachable'],
    ['to something endless', '/s/huge.json', 'unreachable'],
    ['to a module', `/s/module.wasm`, 'unreachable'],
  ])('%s is refused, and the log says so', async (_name, path, code) => {
    const { node } = await linked();
    await expect(call(node, 'FetchSkill', { url: base + path })).rejects.toMatchObject({ code });
    expect((await types(node))[0]).toBe('EXECUTION_FAILED');
    await node.stop();
  });

  test('to a manifest whose module was exchanged is refused', async () => {
    const { node } = await linked();
    const other = `/s/${made.manifest.sha256}.wasm`;
    files.set(other, Uint8Array.of(...MODULE, 0));
    const url = `${base}/s/${made.address}.json`;
    await expect(call(node, 'FetchSkill', { url })).rejects.toMatchObject({ code: 'module_mismatch' });
    files.set(other, MODULE);
    await node.stop();
  });

  test('of another kind than the web is not followed at all', async () => {
    const { node } = await linked();
    for (const url of ['file:///etc/passwd', 'javascript:1', 'data:,x', 'x'])
      await expect(call(node, 'FetchSkill', { url })).rejects.toMatchObject({ code: 'bad_request' });
    await node.stop();
  });
});
