import { afterEach, describe, expect, test } from 'vitest';
import { base64, hex } from '../../crypto';
import { decodeInvitation, JOIN } from '../../mesh/members';
import { call, TestDevice } from '../testkit';
import { KeyedNets, memberNode, pair, tampering, type Member } from './testkit';

const RELAYS = ['/dns4/relay.example/tcp/443/tls/ws'];
const running: Member[] = [];

async function member(nets: KeyedNets, device?: Member['device']): Promise<Member> {
  const one = await memberNode(nets, device);
  running.push(one);
  return one;
}

afterEach(async () => {
  for (const { node } of running.splice(0)) await node.stop();
});

const names = (view: Awaited<ReturnType<Member['view']>>) => view.members.map(({ name }) => name).sort();
const events = async ({ node }: Member) => {
  const { entries } = await call(node, 'ListEntries', { limit: 100 });
  return entries
    .map(({ entry }) => entry.type)
    .filter((type) => type.startsWith('MESH_'))
    .reverse();
};

describe('a mesh of nodes', () => {
  test('is created, a second device joins when both say yes, and the logs say so', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    expect(await a.view()).toMatchObject({ state: 'none', members: [], self: null });
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    const linked = (view: Awaited<ReturnType<Member['view']>>) =>
      view.members.every((m) => m.self || m.link === 'direct');
    const [seenA, seenB] = [await a.until(linked), await b.until(linked)];
    expect(names(seenA)).toEqual(['Desktop', 'Phone']);
    expect(names(seenB)).toEqual(['Desktop', 'Phone']);
    expect(seenA.mesh).toBe(seenB.mesh);
    expect(seenA.members.map(({ words }) => words)).toEqual(seenB.members.map(({ words }) => words));
    expect(seenA).toMatchObject({ self: { role: 'keeper' }, invitations: [] });
    expect(seenB).toMatchObject({ self: { role: 'member', name: 'Phone' } });
    expect(await events(a)).toEqual([
      'MESH_CREATED',
      'MESH_ROSTER',
      'MESH_INVITED',
      'MESH_INVITATION_ENDED',
      'MESH_ROSTER',
    ]);
    expect(await events(b)).toEqual(['MESH_JOINED', 'MESH_ROSTER']);
    const status = await call(b.node, 'GetStatus');
    expect(status).toMatchObject({ mesh_connections: 1, mesh_peer_id: seenB.self!.peer, system_health: 'OK' });
    expect(JSON.parse(await call(b.node, 'MeshPeers'))).toMatchObject([{ name: 'Desktop', link: 'direct' }]);
    expect(await call(b.node, 'MeshDial', { addr: `/dns4/x/tcp/1/ws/p2p/${seenA.self!.peer}` })).toBe(
      'Connected to Desktop directly.',
    );
  });

  test('two members witness each other’s logs, by themselves', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    for (const { node } of [a, b]) {
      await expect.poll(async () => (await call(node, 'Witnesses')).witnesses.length).toBe(1);
      const { witnesses, size, witnessed_size } = await call(node, 'AskWitnesses');
      expect(witnesses[0]).toMatchObject({ problem: null });
      expect(witnesses[0]!.url).toMatch(/^mesh:/);
      expect(witnessed_size).toBe(size);
    }
  });

  test('an invitation is good once, not when withdrawn, and never to the device that made it', async () => {
    const nets = new KeyedNets();
    const [a, b, c] = [await member(nets), await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    const { text } = await call(a.node, 'InviteMember', { minutes: 10 });
    await expect(call(a.node, 'JoinMesh', { text, name: 'Self' })).rejects.toMatchObject({ code: 'refused' });
    await call(b.node, 'JoinMesh', { text, name: 'Phone' });
    for (const side of [a, b]) {
      const view = await side.until(({ pairings }) => pairings[0]?.state === 'confirm');
      await call(side.node, 'ConfirmPairing', { id: view.pairings[0]!.id, yes: true });
    }
    await b.until(({ state }) => state === 'online');
    await call(c.node, 'JoinMesh', { text, name: 'Stranger' });
    const failed = await c.until(({ pairings }) => pairings[0]?.state === 'failed');
    expect(failed.pairings[0]!.problem).toBe('This invitation was used or withdrawn.');
    expect(failed.state).toBe('none');
    const second = await call(a.node, 'InviteMember', { minutes: 10 });
    await call(a.node, 'WithdrawInvitation', { id: second.id });
    await call(c.node, 'ConfirmPairing', { id: failed.pairings[0]!.id, yes: false });
    await call(c.node, 'JoinMesh', { text: second.text, name: 'Stranger' });
    const again = await c.until(({ pairings }) => pairings.some(({ state }) => state === 'failed'));
    expect(again.pairings[0]!.problem).toBeDefined();
    expect(names(await a.view())).toEqual(['Desktop', 'Phone']);
  });

  test('a no lets nobody in, and the invitation is not good after the keeper’s', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    const { text } = await call(a.node, 'InviteMember', { minutes: 10 });
    await call(b.node, 'JoinMesh', { text, name: 'Phone' });
    const asked = await a.until(({ pairings }) => pairings[0]?.state === 'confirm');
    await b.until(({ pairings }) => pairings[0]?.state === 'confirm');
    await call(a.node, 'ConfirmPairing', { id: asked.pairings[0]!.id, yes: false });
    const told = await b.until(({ pairings }) => pairings[0]?.state === 'failed');
    expect(told.pairings[0]!.problem).toBe('The other side said no.');
    expect(names(await a.view())).toEqual(['Desktop']);
    expect(await b.view()).toMatchObject({ state: 'none', members: [] });
    // The invitation that the keeper's owner said no to is over.
    expect((await a.view()).invitations).toEqual([]);
    await call(b.node, 'JoinMesh', { text, name: 'Phone' });
    const again = await b.until(({ pairings }) => pairings.some(({ problem }) => problem?.includes('withdrawn')));
    expect(again.state).toBe('none');
  });

  test('a joiner that lost the answer comes again, and nobody is asked a second time', async () => {
    const nets = new KeyedNets();
    let lost = false;
    const losing = tampering(nets.realm(), JOIN, (word) => {
      if (!('Welcome' in word) || lost) return word;
      lost = true;
      throw new Error('the link is gone');
    });
    const [a, b] = [await memberNode(nets, undefined, { mesh: losing }), await member(nets)];
    running.push(a);
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    const { text } = await call(a.node, 'InviteMember', { minutes: 10 });
    await call(b.node, 'JoinMesh', { text, name: 'Phone' });
    for (const side of [a, b]) {
      const view = await side.until(({ pairings }) => pairings[0]?.state === 'confirm');
      await call(side.node, 'ConfirmPairing', { id: view.pairings[0]!.id, yes: true });
    }
    await b.until(({ pairings }) => pairings[0]?.state === 'failed');
    await call(b.node, 'JoinMesh', { text, name: 'Phone' });
    await b.until(({ state }) => state === 'online');
    expect(names(await b.view())).toEqual(['Desktop', 'Phone']);
    expect((await a.view()).pairings).toHaveLength(1);
  });

  test('survives a restart: members, rights and keys are there, and no secret stands on the disk', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    const phone = (await a.view()).members.find(({ name }) => name === 'Phone')!;
    await call(a.node, 'SetMemberRights', { peer: phone.peer, rights: ['control'] });
    const { text } = await call(a.node, 'InviteMember', { minutes: 10 });
    const { meshKey, relayKey, token } = decodeInvitation(text);
    await a.node.stop();
    const stored = JSON.stringify([...a.device.disk.records]);
    expect(stored).toContain('mesh/state');
    for (const secret of [meshKey, relayKey, token]) {
      expect(stored).not.toContain(hex(secret));
      expect(stored).not.toContain(base64(secret));
    }
    const again = await member(nets, a.device);
    const view = await again.until(({ members }) => members.every((one) => one.self || one.link === 'direct'));
    expect(names(view)).toEqual(['Desktop', 'Phone']);
    expect(view.members.find(({ name }) => name === 'Phone')).toMatchObject({ rights: ['control'] });
  });

  test('a keeper that is lost is replaced by its deputy: the others follow, and it is out when it comes back', async () => {
    const nets = new KeyedNets();
    const lost = new TestDevice();
    const [a, b, c] = [await member(nets, lost), await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    await pair(a, c, 'Tablet');
    await b.until(({ members }) => members.length === 3);
    const { peer } = (await b.view()).self!;
    await expect(call(b.node, 'TakeOverMesh', { confirm: 'take over' })).rejects.toMatchObject({ code: 'refused' });
    await expect(call(c.node, 'SetDeputy', { peer, deputy: true })).rejects.toMatchObject({ code: 'refused' });
    await call(a.node, 'SetDeputy', { peer, deputy: true });
    for (const one of [b, c]) {
      await one.until(({ members }) => members.some((m) => m.peer === peer && m.role === 'deputy'));
    }
    await a.node.stop();
    running.splice(running.indexOf(a), 1);
    await call(b.node, 'TakeOverMesh', { confirm: 'take over' });
    const seen = await c.until(({ epoch, state }) => epoch === 2 && state === 'online');
    expect(seen.members.map(({ name, role }) => [name, role]).sort()).toEqual([
      ['Phone', 'keeper'],
      ['Tablet', 'member'],
    ]);
    const d = await member(nets);
    await pair(b, d, 'Laptop');
    await c.until(({ members }) => members.length === 3);
    const back = await member(nets, lost);
    expect((await back.view()).members.map(({ name }) => name)).toContain('Desktop');
    await expect(call(back.node, 'MeshDial', { addr: peer })).rejects.toThrow();
    expect(names(await c.view())).toEqual(['Laptop', 'Phone', 'Tablet']);
  });

  test('a removed member is told and out; the others follow to new keys by themselves', async () => {
    const nets = new KeyedNets();
    const [a, b, c] = [await member(nets), await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    await pair(a, c, 'Tablet');
    await b.until(({ members }) => members.length === 3);
    const phone = (await a.view()).members.find(({ name }) => name === 'Phone')!;
    const open = await call(a.node, 'InviteMember', { minutes: 10 });
    await call(a.node, 'RemoveMember', { peer: phone.peer });
    expect(await b.until(({ state }) => state === 'removed')).toMatchObject({ members: [] });
    const moved = (view: Awaited<ReturnType<Member['view']>>) =>
      view.epoch === 2 && view.members.length === 2 && view.members.every((one) => one.self || one.link === 'direct');
    await c.until(moved);
    const view = await a.until(moved);
    expect(names(view)).toEqual(['Desktop', 'Tablet']);
    expect(view.invitations).toEqual([]);
    expect(await events(b)).toEqual(['MESH_JOINED', 'MESH_ROSTER', 'MESH_ROSTER', 'MESH_LEFT']);
    await call(b.node, 'JoinMesh', { text: open.text, name: 'Phone' });
    expect((await b.view()).state).not.toBe('online');
  });

  test('only the keeper invites, removes and names relays; and nobody removes the keeper', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    const keeper = (await b.view()).members.find(({ role }) => role === 'keeper')!;
    const refused = { code: 'refused' };
    await expect(call(b.node, 'InviteMember', { minutes: 1 })).rejects.toMatchObject(refused);
    await expect(call(b.node, 'RemoveMember', { peer: keeper.peer })).rejects.toMatchObject(refused);
    await expect(call(b.node, 'SetRelays', { relays: [] })).rejects.toMatchObject(refused);
    await expect(call(a.node, 'RemoveMember', { peer: keeper.peer })).rejects.toMatchObject({ code: 'not_a_member' });
    await expect(call(b.node, 'CreateMesh', { name: 'X', relays: [] })).rejects.toMatchObject(refused);
  });

  test('a member leaves, and may be invited again', async () => {
    const nets = new KeyedNets();
    const [a, b] = [await member(nets), await member(nets)];
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: RELAYS });
    await pair(a, b, 'Phone');
    await call(b.node, 'LeaveMesh', { confirm: 'leave' });
    expect(await b.view()).toMatchObject({ state: 'none', members: [] });
    const phone = (await a.view()).members.find(({ name }) => name === 'Phone')!;
    await call(a.node, 'RemoveMember', { peer: phone.peer });
    await pair(a, b, 'Phone again');
    expect(names(await b.view())).toEqual(['Desktop', 'Phone again']);
  });

  test('without a way to a mesh, its requests say so', async () => {
    const { testNode, TestDevice } = await import('../testkit');
    const node = testNode(new TestDevice());
    await node.start();
    await expect(call(node, 'GetMesh')).rejects.toMatchObject({ code: 'not_built' });
    await node.stop();
  });
});
