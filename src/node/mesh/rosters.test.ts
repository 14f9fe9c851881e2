/** Members that were away, or did not hear, while the keys changed: they are looked for and come along. */
import { afterEach, describe, expect, test } from 'vitest';
import { hex, signerFromSeed } from '../../crypto';
import { answerRosters, readRoster, ROSTER, signRoster } from '../../mesh/members';
import { testSeed } from '../../mesh/testkit';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { call, manualSchedule, TestDevice } from '../testkit';
import { KeyedNets, memberNode, pair, servingByHand, type Member } from './testkit';
import type { MeshRealm } from './types';

const running = new Set<Member>();
afterEach(async () => {
  for (const { node } of running) await node.stop();
  running.clear();
});

async function member(...args: Parameters<typeof memberNode>): Promise<Member> {
  const one = await memberNode(...args);
  running.add(one);
  return one;
}

async function stop(one: Member): Promise<void> {
  running.delete(one);
  await one.node.stop();
}

/** A mesh whose keeper's timers fire by hand, of members with these realms. */
async function mesh(names: readonly string[], realms: Record<string, (nets: KeyedNets) => MeshRealm> = {}) {
  const nets = new KeyedNets();
  const time = manualSchedule();
  const keeper = await member(nets, new TestDevice(), { schedule: time.schedule });
  await call(keeper.node, 'CreateMesh', { name: 'Keeper', relays: [] });
  const others: Record<string, Member> = {};
  for (const name of names) {
    const realm = realms[name]?.(nets);
    others[name] = await member(nets, new TestDevice(), realm ? { mesh: realm } : {});
    await pair(keeper, others[name], name);
  }
  const { members } = await keeper.until((view) => view.members.length === names.length + 1);
  const peers = Object.fromEntries(members.map(({ name, peer }) => [name, peer]));
  const remove = (name: string) => call(keeper.node, 'RemoveMember', { peer: peers[name]! });
  /** After some rounds of the keeper. */
  const reaches = (one: Member, epoch: number) =>
    expect
      .poll(async () => {
        time.fire(MESH_LIMITS.rosterSyncMs);
        return (await one.view()).epoch;
      })
      .toBe(epoch);
  return { nets, time, keeper, others, members, peers, remove, reaches };
}

const again = (nets: KeyedNets, { device }: Member) => member(nets, device);

describe('members that missed a change of keys', () => {
  test('who heard of one change and missed the next is reached with the key between', async () => {
    const opened: Promise<never>[] = [];
    // Opens once: after the first change it stays on its way.
    const realm = (nets: KeyedNets): MeshRealm => {
      const honest = nets.realm();
      let opens = 0;
      return {
        direct: true,
        open: (options) => {
          // Once to join, once as a member.
          if (++opens <= 2) return honest.open(options);
          opened.push(new Promise(() => undefined));
          return opened[0]!;
        },
      };
    };
    const { nets, others, remove, reaches } = await mesh(['X', 'A', 'B'], { X: realm });
    const { X } = others as { X: Member };
    await remove('A');
    await expect.poll(() => opened.length).toBe(1);
    expect((await X.view()).epoch).toBe(2);
    await stop(X);
    await remove('B');
    await reaches(await again(nets, X), 3);
  });

  test('two removals at once: the first one hears of it, and who stays arrives at the last keys', async () => {
    const { others, remove, reaches } = await mesh(['X', 'A', 'B']);
    const { X, A } = others as { X: Member; A: Member };
    await Promise.all([remove('A'), remove('B')]);
    await A.until(({ state }) => state === 'removed');
    await reaches(X, 3);
  });

  test('whoever is away has a turn, however many are', async () => {
    const away = ['A', 'B', 'C', 'D', 'E'];
    const { nets, others, members, remove, reaches } = await mesh([...away, 'Y']);
    for (const name of away) await stop(others[name]!);
    await remove('Y');
    // They stand by key on the list.
    const last = members.findLast(({ name }) => away.includes(name))!;
    await reaches(await again(nets, others[last.name]!), 2);
  });

  test('who is linked and mute while the keys change does not count as one that has the new list', async () => {
    const mute = (nets: KeyedNets) =>
      servingByHand(nets.realm(), ROSTER, (one) => one.handle(ROSTER, () => new Promise(() => undefined)));
    const { nets, time, others, remove, reaches } = await mesh(['Y', 'X'], { X: mute });
    const { X } = others as { X: Member };
    // It did not answer when it came either.
    time.fire(MESH_LIMITS.rosterMs);
    const removed = remove('Y');
    await expect.poll(() => time.waits().includes(MESH_LIMITS.rosterMs)).toBe(true);
    time.fire(MESH_LIMITS.rosterSyncMs);
    expect((await X.view()).epoch).toBe(1);
    time.fire(MESH_LIMITS.rosterMs);
    await removed;
    await stop(X);
    await reaches(await again(nets, X), 2);
  });

  test('lists of which only the first follows: the keys of that one are opened', async () => {
    const forger = await signerFromSeed(testSeed(9));
    const told: { keeper?: Member } = {};
    const lying = (nets: KeyedNets) =>
      servingByHand(nets.realm(), ROSTER, (one) =>
        one.handle(ROSTER, async (stream) => {
          const newest = [...told.keeper!.device.disk.records].findLast(([key]) => key.startsWith('mesh/roster/'));
          const genuine = await readRoster(JSON.parse(newest![1]));
          const mine = { ...genuine.members[0]!, key: hex(forger.publicKey), role: 'keeper' as const };
          const change = { members: [mine], relays: [], stun: [], keys: null, issuedAt: genuine.issued_at };
          const forged = await signRoster(change, genuine, forger);
          const have = { mesh: genuine.mesh, number: forged.number };
          await answerRosters(stream, have, () => Promise.resolve([genuine, forged]));
        }),
      );
    const { nets, keeper, others, peers, remove } = await mesh(['V', 'Y', 'M'], { M: lying });
    told.keeper = keeper;
    const { V } = others as { V: Member };
    // Neither hears of it from the keeper.
    for (const name of ['V', 'M']) nets.off.add(peers[name]!);
    await remove('Y');
    nets.off.clear();
    await expect(call(V.node, 'MeshDial', { addr: peers.M! })).rejects.toMatchObject({ code: 'bad_signature' });
    await V.until(({ members }) => members.some(({ peer, link }) => peer === peers.Keeper && link === 'direct'));
  });
});
