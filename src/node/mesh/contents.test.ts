import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { concat, sha256Hex, utf8, type Signer } from '../../crypto';
import { systemSchedule } from '../../mesh';
import { giveFalsely } from '../../mesh/exchange/testkit';
import { CONTENT } from '../../mesh/exchange/wire';
import type { NodeEvent } from '../../protocol/messages';
import { author, packageBy } from '../../registry/testkit';
import { put } from '../installs/testkit';
import { approved, exported, governanceKey } from '../testing/owner';
import { call } from '../testkit';
import { KeyedNets, memberNode, pair, servingByHand, type Member } from './testkit';

let ada: Signer;
beforeAll(async () => {
  ada = await author('Ada');
});
const running: Member[] = [];
afterEach(async () => {
  for (const { node } of running.splice(0)) await node.stop();
});

async function member(...args: Parameters<typeof memberNode>): Promise<Member> {
  const one = await memberNode(...args);
  running.push(one);
  return one;
}

/** Two linked members; `b` may be told to behave otherwise. */
async function two(nets = new KeyedNets()): Promise<{ a: Member; b: Member; nets: KeyedNets }> {
  const [a, b] = [await member(nets), await member(nets)];
  await call(a.node, 'CreateMesh', { name: 'Desktop', relays: [] });
  await pair(a, b, 'Phone');
  return { a, b, nets };
}

/** A module of so many bytes: nothing but a custom section. */
function moduleOf(bytes: number): Uint8Array {
  const body = new Uint8Array(bytes);
  for (let i = 1; i < bytes; i++) body[i] = (i * 2_654_435_761) >>> 24;
  const length = Uint8Array.from([0, 7, 14, 21].map((shift, i) => ((bytes >> shift) & 127) | (i < 3 ? 128 : 0)));
  return concat(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0), length, body);
}

const BIG = moduleOf(3 << 20);

async function installs({ node }: Member, module = BIG): Promise<string> {
  const { bytes, address } = await packageBy(ada, {
    sha256: sha256Hex(module),
    bytes: module.length,
    capabilities: [],
  });
  await put(node, module);
  await put(node, bytes);
  await approved(node, () => call(node, 'InstallSkill', { manifest: address }));
  return address;
}

const entriesOf = async ({ node }: Member, action: string) =>
  (await call(node, 'ListEntries', { limit: 100 })).entries
    .map(({ entry }) => entry)
    .filter(({ data }) => JSON.stringify(data).includes(`"${action}"`))
    .reverse();

describe('content from members', () => {
  test('a skill is installed by its manifest’s hash alone, with the usual question; the log says who gave it', async () => {
    const { a, b } = await two();
    const address = await installs(a);
    const found = await call(b.node, 'FetchPackage', { manifest: address });
    expect(found).toMatchObject({ manifest: { name: 'weather', bytes: BIG.length }, from: null, refused: null });
    await approved(b.node, () => call(b.node, 'InstallSkill', { manifest: address }));
    expect((await call(b.node, 'ListSkills')).some(({ installed }) => installed?.manifest_sha256 === address)).toBe(
      true,
    );
    const peer = (await a.view()).self!.peer;
    const { entries } = await call(b.node, 'ListEntries', { limit: 100, filter: { type: 'EXECUTION_COMPLETED' } });
    const given = entries.map(({ entry }) => entry.data['result'] as { sha256?: string; from?: string[] });
    expect(given.filter(({ from }) => from).map(({ sha256, from }) => [sha256, from])).toEqual([
      [sha256Hex(BIG), [peer]],
      [address, [peer]],
    ]);
    const [authorized] = await entriesOf(b, 'fetch_content');
    expect(authorized).toMatchObject({
      type: 'EXECUTION_AUTHORIZED',
      data: { order: { audience: 'content', resource: { type: 'Content', id: address } } },
    });
    const { verdicts, problems } = await exported(b.node, await governanceKey(b.node));
    expect(problems).toEqual([]);
    expect(verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass' });
  });

  test('what is here already is asked of nobody', async () => {
    const { b } = await two();
    const sha256 = await put(b.node, utf8('mine'));
    expect(await call(b.node, 'FetchContent', { sha256 })).toEqual({ sha256, bytes: 4, from: [] });
  });

  test('a private blob is given to nobody, whatever its rights; nor what is not here', async () => {
    const { a, b } = await two();
    const { peer } = (await b.view()).self!;
    await call(a.node, 'SetMemberRights', { peer, rights: ['control', 'delegate'] });
    for (const sha256 of [await put(a.node, utf8('a diary')), sha256Hex(utf8('nobody’s'))]) {
      await expect(call(b.node, 'FetchContent', { sha256 })).rejects.toMatchObject({ code: 'unreachable' });
    }
    expect((await entriesOf(b, 'fetch_content')).map(({ type }) => type)).toEqual([
      'EXECUTION_AUTHORIZED',
      'EXECUTION_AUTHORIZED',
    ]);
    const failed = await call(b.node, 'ListEntries', { limit: 1, filter: { type: 'EXECUTION_FAILED' } });
    expect(failed.entries[0]!.entry.data).toMatchObject({ code: 'unreachable' });
  });

  test('a bundle goes to those alone whom the owner gave the right, and to none once it is taken away', async () => {
    const { a, b } = await two();
    const { sha256, bytes } = await call(a.node, 'ExportBundle', { disclose: [] });
    const { peer } = (await b.view()).self!;
    const ask = (hash: string) => call(b.node, 'FetchContent', { sha256: hash });
    await expect(ask(sha256)).rejects.toMatchObject({ code: 'unreachable' });
    await call(a.node, 'SetMemberRights', { peer, rights: ['delegate'] });
    expect(await ask(sha256)).toMatchObject({ bytes, from: [(await a.view()).self!.peer] });
    const next = await call(a.node, 'ExportBundle', { disclose: [] });
    await call(a.node, 'SetMemberRights', { peer, rights: [] });
    await expect(ask(next.sha256)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a skill that was revoked is handed on no more', async () => {
    const { a, b } = await two();
    const manifest = await installs(a);
    await call(a.node, 'RevokeSkill', { skill: 'weather', manifest, reason: 'It leaks.' });
    await expect(call(b.node, 'FetchPackage', { manifest })).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('content that is no manifest is no skill, and its words lead to nothing else being fetched', async () => {
    const { a, b } = await two();
    await installs(a);
    const before = (await entriesOf(b, 'fetch_content')).length;
    const manifest = sha256Hex(BIG);
    await expect(call(b.node, 'FetchPackage', { manifest })).rejects.toMatchObject({ code: 'frame_too_long' });
    const small = moduleOf(100);
    const { address } = await packageBy(ada, { sha256: sha256Hex(small), bytes: small.length });
    await expect(call(b.node, 'FetchPackage', { manifest: address })).rejects.toMatchObject({ code: 'unreachable' });
    expect((await entriesOf(b, 'fetch_content')).length).toBe(before + 2);
  });

  test('is told of as it comes, ends when it is stopped, and can be asked for again', async () => {
    const nets = new KeyedNets();
    let hangs = true;
    const hanging = servingByHand(nets.realm(), CONTENT, (mesh) =>
      giveFalsely(mesh, { schedule: systemSchedule }, BIG, ({ chunk, index }) =>
        hangs && index !== undefined && index < 20 ? undefined : chunk,
      ),
    );
    const [a, b] = [await member(nets, undefined, { mesh: hanging }), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: [] });
    await pair(a, b, 'Phone');
    const sha256 = sha256Hex(BIG);
    const heard: Extract<NodeEvent, { type: 'content' }>[] = [];
    b.node.subscribe((event) => {
      if (event.type !== 'content') return;
      heard.push(event);
      if (event.permille > 0) void call(b.node, 'StopFetch', { call: event.call });
    });
    const fetch = (name?: string) => call(b.node, 'FetchContent', { sha256, ...(name ? { call: name } : {}) });
    await expect(fetch('first')).rejects.toMatchObject({ code: 'cancelled' });
    expect(heard.at(-1)).toMatchObject({ call: 'first', phase: 'running' });
    expect(heard.at(-1).note).toMatch(/^\d+ of 3145741 bytes$/);
    expect(await call(b.node, 'StopFetch', { call: 'first' })).toBe(false);
    hangs = false;
    expect(await fetch()).toMatchObject({ bytes: BIG.length });
  });

  test('two that ask for the same at once get it once', async () => {
    const { a, b } = await two();
    const manifest = await installs(a);
    await Promise.all([1, 2, 3].map(() => call(b.node, 'FetchPackage', { manifest })));
    const { entries } = await call(b.node, 'ListEntries', { limit: 100, filter: { type: 'EXECUTION_COMPLETED' } });
    const gave = entries.map(({ entry }) => (entry.data['result'] as { from?: string[] }).from ?? []);
    expect(gave.filter((from) => from.length > 0)).toHaveLength(2);
  });

  test('members that are named are asked, and nobody else; a stranger is no member', async () => {
    const { a, b, nets } = await two();
    const c = await member(nets);
    await pair(a, c, 'Tablet');
    await b.until(({ members }) => members.length === 3);
    const manifest = await installs(a);
    const peers = [(await c.view()).self!.peer];
    await expect(call(b.node, 'FetchPackage', { manifest, peers })).rejects.toMatchObject({ code: 'unreachable' });
    const stranger = [await (await two()).a.view()].map(({ self }) => self!.peer);
    await expect(call(b.node, 'FetchPackage', { manifest, peers: stranger })).rejects.toMatchObject({
      code: 'not_a_member',
    });
  });

  test('with nobody there, and in a realm without a mesh, it says so', async () => {
    const alone = await member(new KeyedNets());
    await expect(call(alone.node, 'FetchContent', { sha256: 'a'.repeat(64) })).rejects.toMatchObject({
      code: 'unreachable',
    });
    const { testNode, TestDevice } = await import('../testkit');
    const node = testNode(new TestDevice());
    await node.start();
    await expect(call(node, 'FetchContent', { sha256: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'not_built' });
    await node.stop();
  });

  test('a member that sends what is not the content is dropped, the log says why, and an honest one gives it', async () => {
    const nets = new KeyedNets();
    const lying = servingByHand(nets.realm(), CONTENT, (mesh) =>
      giveFalsely(mesh, { schedule: systemSchedule }, BIG, ({ chunk }) => chunk?.map((byte) => byte ^ 1)),
    );
    const [a, b] = [await member(nets), await member(nets)];
    const liar = await member(nets, undefined, { mesh: lying });
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: [] });
    await pair(a, b, 'Phone');
    await pair(a, liar, 'Liar');
    await b.until(({ members }) => members.length === 3);
    const manifest = await installs(a);
    await call(b.node, 'FetchPackage', { manifest });
    const { entries } = await call(b.node, 'ListEntries', { limit: 10, filter: { type: 'MESH_PEER_DROPPED' } });
    const { peer } = (await liar.view()).self!;
    expect(entries.map(({ entry }) => entry)).toMatchObject([
      { severity: 'WARNING', data: { peer, reason: 'it sent what is not the content that was asked for' } },
    ]);
    expect((await b.view()).members.find((m) => m.peer === peer)?.link).toBe('none');
  });
});
