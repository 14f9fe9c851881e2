import { afterEach, describe, expect, test } from 'vitest';
import { fromUtf8, sha256Hex, utf8 } from '../../crypto';
import { DELEGATE } from '../../mesh/delegate/wire';
import type { Json, JsonObject } from '../../protocol/json';
import type { EventType } from '../../audit/types';
import type { MemberRight } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { SkillRunner } from '../../skills';
import { runHere } from '../../skills/testkit';
import { author, packageBy } from '../../registry/testkit';
import { rawWat, wat } from '../../skills/abi/testing/wat';
import { put } from '../installs/testkit';
import { approved, exported, governanceKey } from '../testing/owner';
import { call, testAssets } from '../testkit';
import type { NodeOptions } from '../types';
import { KeyedNets, memberNode, pair, tampering, type Member } from './testkit';

const skills: SkillRunner = { run: (request) => Promise.resolve().then(() => runHere(request)) };
const { signal: never } = new AbortController();
const running: Member[] = [];
afterEach(async () => {
  for (const { node } of running.splice(0)) await node.stop();
});

const peerIn = async (member: Member): Promise<string> => (await member.view()).self!.peer;

/** Two linked members of which `a` asks and `b` runs, whose words may be changed on their way. */
async function two(change: (word: JsonObject) => Json = (word) => word, its: Partial<NodeOptions> = {}) {
  const nets = new KeyedNets();
  const a = await memberNode(nets, undefined, { skills });
  const b = await memberNode(nets, undefined, { skills, mesh: tampering(nets.realm(), DELEGATE, change), ...its });
  running.push(a, b);
  await call(b.node, 'CreateMesh', { name: 'Desktop', relays: [] });
  await pair(b, a, 'Phone');
  const grant = async (rights: MemberRight[], named?: string[]) =>
    call(b.node, 'SetMemberRights', { peer: await peerIn(a), rights, ...(named ? { skills: named } : {}) });
  const ask = async (text = 'abc', skill = 'hash-file') =>
    call(a.node, 'DelegateSkill', { member: await peerIn(b), skill, input: { text } });
  return { a, b, grant, ask };
}

async function entries({ node }: Member, type: EventType, action: string): Promise<JsonObject[]> {
  const { entries: all } = await call(node, 'ListEntries', { limit: 200 });
  const order = (data: JsonObject) => (data['order'] as JsonObject | undefined)?.['action'] ?? data['action'];
  return all
    .flatMap(({ entry }) => (entry.type === type && order(entry.data) === action ? [entry.data] : []))
    .reverse();
}

/** How the asker's own act ended, newest last. */
async function failures({ node }: Member): Promise<unknown[]> {
  const { entries: all } = await call(node, 'ListEntries', { limit: 50, filter: { type: 'EXECUTION_FAILED' } });
  return all.map(({ entry }) => entry.data['code']).reverse();
}

describe('a skill run by another member', () => {
  test('is believed on its order, result, place and checkpoint; both logs name each other; it can be made again here', async () => {
    const { a, b, grant, ask } = await two();
    await grant(['run']);
    const run = await ask();
    expect(run).toMatchObject({ outcome: 'ok', on: { peer: await peerIn(b), name: 'Desktop' } });
    expect(run.text).toContain('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const [order] = await entries(b, 'EXECUTION_AUTHORIZED', 'run_skill');
    expect(order).toMatchObject({
      order: {
        order_id: run.on.order_id,
        principal: { type: 'Member', id: await peerIn(a) },
        decision: { policies: ['members-run-granted-skills'] },
      },
      request: { context: { right: 'run', delegation: run.order_id, pinned: true } },
    });
    const [brought] = await entries(b, 'EXECUTION_AUTHORIZED', 'fetch_content');
    expect(brought).toMatchObject({
      order: { principal: { type: 'Member' }, resource: { id: sha256Hex(utf8('abc')) } },
    });
    const [asked] = await entries(a, 'EXECUTION_AUTHORIZED', 'delegate_skill');
    expect(asked).toMatchObject({
      order: { order_id: run.order_id, principal: { type: 'Owner' } },
      arguments: { member: await peerIn(b), skill: 'hash-file' },
    });
    expect((await call(a.node, 'ReplayExecution', { seq: run.seq })).replayed).toEqual({ kind: 'identical' });
    for (const { node } of [a, b]) {
      expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
    }
  });

  test('a run that fails there is proven as well, and told as what it was', async () => {
    const { a, b, grant, ask } = await two();
    await grant(['run']);
    const names = (await call(a.node, 'ListSkills')).map(({ name }) => name);
    expect(names).toContain('csv-query');
    const run = await ask('nonsense', 'csv-query');
    expect(run.on.ended_seq).toBeGreaterThan(run.on.authorized_seq);
    expect((await call(a.node, 'ReplayExecution', { seq: run.seq })).replayed).toEqual({ kind: 'identical' });
    expect(await entries(b, 'EXECUTION_AUTHORIZED', 'run_skill')).toHaveLength(1);
  });

  test('an input and an answer that are longer than a frame come by the exchange of content', async () => {
    const { a, b, grant } = await two();
    // All but the first byte of what it is given.
    const tail = wat(
      rawWat('(call $pack (i32.add (local.get $p) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1)))'),
    );
    const limits = {
      memoryPages: 16,
      wallMs: 30_000,
      outputBytes: 150_000,
      gas: 1_000_000,
      hostCalls: 10,
      hostBytes: 65_536,
    };
    const ada = await author('Ada');
    const { bytes, address } = await packageBy(ada, {
      sha256: sha256Hex(tail),
      bytes: tail.length,
      capabilities: [],
      limits,
    });
    for (const { node } of [a, b]) {
      await put(node, tail);
      await put(node, bytes);
      await approved(node, () => call(node, 'InstallSkill', { manifest: address }));
    }
    await grant(['run']);
    const input = new Uint8Array(150_000).map((_, i) => i % 251);
    const long = await put(a.node, input);
    const run = await call(a.node, 'DelegateSkill', {
      member: await peerIn(b),
      skill: 'weather',
      input: { sha256: long },
    });
    const output = input.slice(1);
    expect(run).toMatchObject({ outcome: 'ok', output_sha256: sha256Hex(output), output_bytes: output.length });
    expect(await a.node.getBlob(sha256Hex(output))).toEqual({ Ok: output });
  });

  test('no grant: refused by its policies before anything is fetched, and both logs say so', async () => {
    const { a, b, ask } = await two();
    await expect(ask()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('denied') as string,
    });
    expect(await entries(b, 'EXECUTION_BLOCKED', 'run_skill')).toMatchObject([
      { code: 'denied', principal: { type: 'Member', id: await peerIn(a) }, context: { right: 'none' }, decided: true },
    ]);
    expect(await entries(b, 'EXECUTION_AUTHORIZED', 'fetch_content')).toEqual([]);
    expect(await entries(a, 'EXECUTION_AUTHORIZED', 'delegate_skill')).toHaveLength(1);
    expect(await failures(a)).toEqual(['refused']);
  });

  test('a grant is for the skills that it names, and ends when it is taken back', async () => {
    const { b, grant, ask } = await two();
    await grant(['run'], ['csv-query']);
    await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    await grant(['run'], ['hash-file']);
    expect((await b.view()).members.find(({ self }) => !self)).toMatchObject({
      rights: ['run'],
      skills: ['hash-file'],
    });
    expect((await ask()).outcome).toBe('ok');
    await grant([]);
    await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    await grant(['control', 'delegate']);
    await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    const rights = await call(b.node, 'ListEntries', { limit: 9, filter: { type: 'MESH_RIGHTS_SET' } });
    expect(rights.entries.map(({ entry }) => entry.data['skills'] ?? null)).toEqual([
      null,
      null,
      ['hash-file'],
      ['csv-query'],
    ]);
  });

  test('whose module is another than the asker’s is refused', async () => {
    const { b, grant } = await two();
    await grant(['run']);
    const [{ DelegatedRuns }, a] = [await import('./delegating'), running[0]!];
    const runs = new DelegatedRuns({ machine: b.node as never, skillsOf: () => 'all' });
    const ask = { v: 1, request: 'ab'.repeat(16), skill: 'hash-file', seen: 0 } as const;
    const other = { ...ask, module_sha256: 'a'.repeat(64), input_sha256: 'b'.repeat(64) };
    await expect(runs.run(other, await peerIn(a), new AbortController().signal)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('another version') as string,
    });
    expect(await entries(b, 'EXECUTION_BLOCKED', 'run_skill')).toHaveLength(1);
  });

  test('the module of another skill of the build is not run under the name that was granted', async () => {
    const { b, grant } = await two();
    await grant(['run'], ['csv-query']);
    const [{ DelegatedRuns }, a] = [await import('./delegating'), running[0]!];
    const { sha256: module_sha256 } = (await call(b.node, 'ListSkills')).find(({ name }) => name === 'train-model')!;
    const runs = new DelegatedRuns({ machine: b.node as never, skillsOf: () => ['csv-query'] });
    const ask = { v: 1, request: 'ab'.repeat(16), skill: 'csv-query', seen: 0, module_sha256 } as const;
    const asked = runs.run({ ...ask, input_sha256: await put(b.node, utf8('{}')) }, await peerIn(a), never);
    await expect(asked).rejects.toMatchObject({ code: 'denied' });
    expect(await entries(b, 'EXECUTION_AUTHORIZED', 'run_skill')).toEqual([]);
    expect(await entries(b, 'EXECUTION_BLOCKED', 'run_skill')).toMatchObject([
      { context: { right: 'none', pinned: false } },
    ]);
  });

  test('a member that asks without end is told so, and does not fill the log', async () => {
    const { a, b } = await two();
    const { DelegatedRuns } = await import('./delegating');
    const runs = new DelegatedRuns({ machine: b.node as never, skillsOf: () => [] });
    const ask = { v: 1, request: 'ab'.repeat(16), skill: 'x', seen: 0, module_sha256: 'a'.repeat(64) } as const;
    const again = async () =>
      runs.run({ ...ask, input_sha256: 'b'.repeat(64) }, await peerIn(a), new AbortController().signal);
    for (let i = 0; i < MESH_LIMITS.delegateAsks; i++) await expect(again()).rejects.toMatchObject({ code: 'denied' });
    await expect(again()).rejects.toMatchObject({ code: 'overloaded' });
    expect(await entries(b, 'EXECUTION_BLOCKED', 'run_skill')).toHaveLength(MESH_LIMITS.delegateAsks);
  });
});

describe('a member that runs something else', () => {
  /** Its build's manifest of a skill says otherwise than the asker's, and it does as that says. */
  const otherwise = async (skill: string, change: JsonObject) => {
    const read = async (path: string) => {
      const bytes = await testAssets.read(path);
      if (path !== 'skills/manifest.json' || !bytes) return bytes;
      const manifests = JSON.parse(fromUtf8(bytes)) as JsonObject[];
      return utf8(JSON.stringify(manifests.map((m) => (m['name'] === skill ? { ...m, ...change } : m))));
    };
    const { a, b, grant, ask } = await two(undefined, { assets: { read } });
    await grant(['run']);
    await expect(ask('abc', skill)).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await entries(b, 'EXECUTION_AUTHORIZED', 'run_skill')).toHaveLength(1);
    expect(await failures(a)).toEqual(['digest_mismatch']);
  };

  test('another of the skills of one module, under the name that was asked for', () =>
    otherwise('redact', { entry: 'csv_query' }));

  test('the skill with so little gas that it does not end', async () => {
    const limits = { memoryPages: 256, wallMs: 30_000, outputBytes: 65_536, gas: 1, hostCalls: 10, hostBytes: 65_536 };
    await otherwise('hash-file', { limits });
  });
});

describe('a member that lies', () => {
  const done = (word: JsonObject, change: (done: JsonObject) => JsonObject): Json =>
    word['state'] === 'done' ? change(word) : word;
  const proven = (word: JsonObject, name: string): JsonObject => word[name] as JsonObject;
  const text = (value: Json | undefined): string => value as string;

  const lies: [string, (word: JsonObject) => JsonObject, string][] = [
    [
      'with a forged proof',
      (word) => {
        const { line, proof } = proven(word, 'ended') as { line: string; proof: string };
        const [head, hash = '', ...rest] = proof.split(/(?<=^index \d+\n)/m);
        const forged = hash.replace(/^[A-Za-z0-9+/]/, (first) => (first === 'A' ? 'B' : 'A'));
        return { ...word, ended: { line, proof: [head, forged, ...rest].join('') } };
      },
      'digest_mismatch',
    ],
    [
      'with another result',
      (word) => {
        const { line, proof } = proven(word, 'ended') as { line: string; proof: string };
        return { ...word, ended: { line: line.replace('"outcome":"ok"', '"outcome":"trap"'), proof } };
      },
      'digest_mismatch',
    ],
    [
      'with a wrong checkpoint',
      (word) => {
        const raise = ({ line, proof }: { line: string; proof: string }) => ({
          line,
          proof: proof.replace(
            /(sovereign-node\/[0-9a-f/]+\n)(\d+)/,
            (_, origin: string, size: string) => `${origin}${+size + 1}`,
          ),
        });
        return {
          ...word,
          ended: raise(proven(word, 'ended') as never),
          authorized: raise(proven(word, 'authorized') as never),
        };
      },
      'bad_signature',
    ],
    [
      'with other keys',
      (word) => ({ ...word, keys: { ...proven(word, 'keys'), log: 'a'.repeat(64) } }),
      'bad_signature',
    ],
  ];
  test.each(lies)('%s is not believed, and the asker’s log says so', async (_name, lie, code) => {
    const { a, grant, ask } = await two((word) => done(word, lie));
    await grant(['run']);
    await expect(ask()).rejects.toMatchObject({ code });
    expect(await failures(a)).toEqual([code]);
    expect(text((await call(a.node, 'VerifyLog')).problem ?? '')).toBe('');
  });

  test('with an answer that it gave before is not believed: a replayed answer', async () => {
    let first: JsonObject | undefined;
    const { a, grant, ask } = await two((word) => done(word, (now) => (first ??= now)));
    await grant(['run']);
    expect((await ask()).outcome).toBe('ok');
    await expect(ask()).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await failures(a)).toEqual(['digest_mismatch']);
  });
});
