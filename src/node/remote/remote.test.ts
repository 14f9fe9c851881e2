import { describe, expect, test } from 'vitest';
import { peerIdOf } from '../../mesh';
import { IpcClient, IPC_PROTOCOL, serveIpc } from '../../mesh/ipc';
import { memoryMesh, testSeed } from '../../mesh/testkit';
import { DEFAULT_POLICIES, signApproval } from '../../governance';
import type { RequestName } from '../../protocol/messages';
import { runHere } from '../../skills/testkit';
import type { SkillRunner } from '../../skills';
import { signerFromSeed, utf8 } from '../../crypto';
import { call, manualSchedule, testNode, TestDevice } from '../testkit';
import type { Machine } from '../node';
import { SCHEMAS } from '../schemas';
import { RemoteDoor } from './door';
import { ACTS, ASKED, READS } from './requests';

const here: SkillRunner = { run: (request) => Promise.resolve().then(() => runHere(request)) };
const never = () => () => undefined;

/** A node that is reached over a mesh, and another device of its owner's. */
async function controlled() {
  const node = testNode(new TestDevice(), { skills: here, schedule: manualSchedule().schedule }) as Machine;
  await node.start();
  const [device, own] = memoryMesh(2);
  const rights = new Set([device!.self]);
  const key = await signerFromSeed(testSeed(0));
  const door = new RemoteDoor({ machine: node, mayControl: (peer) => rights.has(peer) });
  serveIpc(own!, (peer) => door.admit(peer), never);
  const client = new IpcClient({ connect: () => device!.open(own!.self, IPC_PROTOCOL), schedule: never });
  const entries = async (count: number) =>
    (await call(node, 'ListEntries', { limit: count })).entries.map(({ entry }) => entry).reverse();
  return { node, client, rights, door, key, peer: device!.self, entries };
}

describe('a device in control', () => {
  test('reads as at the node, under a role that the log grants to its key', async () => {
    const { client, peer, entries, node } = await controlled();
    expect(await client.call('Ping')).toBe('Pong');
    expect((await client.call('GetStatus')).phase).toBe('ready');
    const [granted] = await entries(1);
    expect(granted).toMatchObject({
      type: 'ROLE_SIGNATURE',
      data: { role_signature: { role: 'controller', principal: { type: 'Member', id: peer } } },
    });
    const { entries: read } = await client.call('ListEntries', { limit: 500 });
    expect(read).toEqual((await call(node, 'ListEntries', { limit: 500 })).entries);
  });

  test('runs a skill in its own name: order and outcome say who asked', async () => {
    const { client, peer, entries } = await controlled();
    const output = await client.call('RunWasm', { path: 'hash-file', input: 'abc' });
    expect(output).toContain('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const [authorized, completed] = await entries(2);
    expect(authorized).toMatchObject({
      type: 'EXECUTION_AUTHORIZED',
      data: {
        order: { principal: { type: 'Member', id: peer }, decision: { policies: ['devices-in-control-run-skills'] } },
        request: { context: { right: 'control', pinned: true } },
      },
    });
    expect(completed!.type).toBe('EXECUTION_COMPLETED');
  });

  test('decides what waits, and the node goes on; the log says which device decided', async () => {
    const { node, client, peer, entries } = await controlled();
    const put = await node.putBlob(utf8('abc'));
    const bytes = await node.getBlob((put as { Ok: string }).Ok);
    expect(bytes).toHaveProperty('Ok');
    const rotating = call(node, 'ErasePersonal', { hashes: ['a'.repeat(64)] });
    await expect.poll(async () => (await client.call('ListApprovals')).length).toBe(1);
    const [pending] = await client.call('ListApprovals');
    await expect(
      client.call('DecideApproval', { id: pending!.id, verdict: 'yes', note: 'mine' }),
    ).rejects.toMatchObject({
      code: 'bad_request',
    });
    await client.call('DecideApproval', { id: pending!.id, verdict: 'yes' });
    expect(await rotating).toEqual({ erased: 0 });
    const asked = (await entries(20)).find(({ data }) => (data['request'] as { action?: string })?.action === 'ask');
    expect(asked).toMatchObject({
      type: 'EXECUTION_AUTHORIZED',
      data: {
        arguments: { request: 'DecideApproval', params: { id: pending!.id, verdict: 'yes' } },
        request: { principal: { type: 'Member', id: peer }, resource: { type: 'Request', id: 'DecideApproval' } },
      },
    });
  });

  test('decides with yes or no alone, and what needs two approvers not in the owner’s name', async () => {
    const { node, client } = await controlled();
    const before = await call(node, 'GetPolicies');
    const erasing = call(node, 'ErasePersonal', { hashes: ['a'.repeat(64)] });
    await expect.poll(async () => (await client.call('ListApprovals')).length).toBe(1);
    const [once] = await client.call('ListApprovals');
    for (const verdict of ['always', 'never'] as const) {
      await expect(client.call('DecideApproval', { id: once!.id, verdict })).rejects.toMatchObject({ code: 'refused' });
    }
    expect(await call(node, 'GetPolicies')).toEqual(before);
    await client.call('DecideApproval', { id: once!.id, verdict: 'yes' });
    await erasing;
    const cedar = before.current.cedar.replace('@id("owner-changes-keys")', '@id("changes")\n@approvals("2")');
    await call(node, 'SignPolicies', { cedar });
    const waiting = call(node, 'ErasePersonal', { hashes: ['b'.repeat(64)] });
    await expect.poll(async () => (await client.call('ListApprovals'))[0]?.needed).toBe(2);
    const [twice] = await client.call('ListApprovals');
    await expect(client.call('DecideApproval', { id: twice!.id, verdict: 'yes' })).rejects.toMatchObject({
      code: 'refused',
    });
    expect((await client.call('ListApprovals'))[0]!.given).toEqual([]);
    await call(node, 'DecideApproval', { id: twice!.id, verdict: 'no' });
    await expect(waiting).rejects.toMatchObject({ code: 'approval_refused' });
  });

  test('gives no approval to what it asks for itself, in the owner’s name or with its own key', async () => {
    const { node, client, door, key, peer } = await controlled();
    const asks =
      '@id("asks")\n@approval("owner")\npermit (principal is Member, action == Action::"run_skill", resource);';
    const cedar = DEFAULT_POLICIES.replace(/@id\("devices-in-control-run-skills"\)[^;]*;/, asks);
    await call(node, 'SignPolicies', { cedar });
    const running = client.call('RunWasm', { path: 'hash-file', input: 'abc' });
    await expect.poll(async () => (await call(node, 'ListApprovals')).length).toBe(1);
    const [pending] = await call(node, 'ListApprovals');
    await expect(client.call('DecideApproval', { id: pending!.id, verdict: 'yes' })).rejects.toMatchObject({
      code: 'refused',
    });
    const own = await signApproval(key, pending!.id, pending!.actionDigest, 'yes', Date.now());
    await expect(door.decide(peer, key.publicKey, own)).rejects.toMatchObject({ code: 'refused' });
    expect((await call(node, 'ListApprovals'))[0]!.given).toEqual([]);
    await call(node, 'DecideApproval', { id: pending!.id, verdict: 'yes' });
    expect(await running).toContain('ba7816bf');
  });

  test('is refused a module that is not pinned, by the policies, and the log says so', async () => {
    const { client, peer, entries } = await controlled();
    await expect(client.call('RunWasm', { path: 'a'.repeat(64), input: '' })).rejects.toMatchObject({ code: 'denied' });
    expect((await entries(1))[0]).toMatchObject({
      type: 'EXECUTION_BLOCKED',
      data: { code: 'denied', principal: { type: 'Member', id: peer }, action: 'run_skill' },
    });
  });

  test('gets nothing of what is the owner’s alone, and each attempt is in the log without its parameters', async () => {
    const { client, node, entries } = await controlled();
    await expect(client.call('GetRecoveryPhrase')).rejects.toMatchObject({ code: 'denied' });
    await expect(client.call('Seal', { passphrase: 'correct horse battery' })).rejects.toMatchObject({
      code: 'denied',
    });
    await expect(client.call('Erase', { confirm: 'erase' })).rejects.toMatchObject({ code: 'denied' });
    const attempts = (await entries(3)).map(({ type, data }) => [type, (data['resource'] as { id: string }).id]);
    expect(attempts).toEqual([
      ['EXECUTION_BLOCKED', 'GetRecoveryPhrase'],
      ['EXECUTION_BLOCKED', 'Seal'],
      ['EXECUTION_BLOCKED', 'Erase'],
    ]);
    const { entries: all } = await call(node, 'ListEntries', { limit: 500 });
    expect(all.some(({ line }) => line.includes('battery'))).toBe(false);
  });

  test('gets nothing more under policies that permit members everything', async () => {
    const { client, node } = await controlled();
    const all = '@id("all") permit (principal is Member, action == Action::"ask", resource);';
    await call(node, 'SignPolicies', { cedar: `${DEFAULT_POLICIES}\n${all}` });
    await expect(client.call('GetRecoveryPhrase')).rejects.toMatchObject({ code: 'denied' });
  });

  test('has nothing left once the right is taken away, on streams that are open, too', async () => {
    const { client, rights } = await controlled();
    expect(await client.call('Ping')).toBe('Pong');
    rights.clear();
    await expect(client.call('Ping')).rejects.toMatchObject({ code: 'refused' });
    await expect(client.call('RunWasm', { path: 'hash-file', input: '' })).rejects.toMatchObject({ code: 'refused' });
  });

  test('a member without the right is refused, and nothing is granted to it', async () => {
    const { client, rights, entries } = await controlled();
    const before = await entries(1);
    rights.clear();
    await expect(client.call('Ping')).rejects.toMatchObject({ code: 'refused' });
    expect(await entries(1)).toEqual(before);
  });
});

test('every request is read, an act, asked for, or the owner’s alone, and is not two of them', () => {
  const names = Object.keys(SCHEMAS) as RequestName[];
  for (const name of names) expect([READS, ACTS, ASKED].filter((set) => set.has(name)).length).toBeLessThanOrEqual(1);
  const secret = [
    'GetRecoveryPhrase',
    'ExportBackup',
    'Unlock',
    'Seal',
    'Erase',
    'SignPolicies',
    'InviteMember',
    'OfferLink',
    'AcceptLink',
    'AnswerLink',
  ] as const;
  for (const name of secret) expect([READS, ACTS, ASKED].some((set) => set.has(name))).toBe(false);
  expect(peerIdOf(new Uint8Array(32))).toMatch(/^12D3Koo/);
});
