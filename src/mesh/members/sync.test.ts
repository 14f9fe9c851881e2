import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../audit/types';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { encodeFrame } from '../frames';
import { memoryMesh } from '../testkit';
import { MeshLife, rosterEntry } from './life';
import { follows, rosterDigest, type Roster } from './roster';
import { answerRosters, askRosters, ROSTER, type Have } from './sync';
import { member, MESH, rosterOf } from './testkit';

/** Lists one after the other, with one more device each time. */
async function chain(length: number): Promise<Roster[]> {
  const rosters = [await rosterOf([member(0)])];
  for (let i = 1; i < length; i++) {
    rosters.push(
      await rosterOf(
        Array.from({ length: i + 1 }, (_, n) => member(n)),
        rosters.at(-1),
      ),
    );
  }
  return rosters;
}

describe('comparing lists', () => {
  test('the asker gets those after its own, oldest first, and the other learns what it has', async () => {
    const rosters = await chain(4);
    const [a, b] = memoryMesh(2);
    const heard: Have[] = [];
    b!.handle(ROSTER, async (stream) => {
      heard.push(
        await answerRosters(stream, { mesh: MESH, number: 4 }, ({ number }) => Promise.resolve(rosters.slice(number))),
      );
    });
    const got = await askRosters(await a!.open(b!.self, ROSTER), { mesh: MESH, number: 1 });
    expect(got).toEqual({ theirs: { mesh: MESH, number: 4 }, rosters: rosters.slice(1) });
    expect(follows(rosters[0]!, got.rosters[0]!)).toBe(true);
    expect(heard).toEqual([{ mesh: MESH, number: 1 }]);
  });

  test('a member that sends more than it may, or no list, is cut off', async () => {
    const [one] = await chain(1);
    const [a, b] = memoryMesh(2);
    let said = Array.from({ length: MESH_LIMITS.rostersAtOnce + 1 }, () => encodeFrame(one));
    b!.handle(ROSTER, async (stream) => {
      await stream.write(encodeFrame({ Have: { mesh: MESH, number: 1 } }));
      for (const frame of said) await stream.write(frame);
      await stream.close();
    });
    const ask = async () => askRosters(await a!.open(b!.self, ROSTER), { mesh: MESH, number: 0 });
    await expect(ask()).rejects.toMatchObject({ code: 'overloaded' });
    said = [encodeFrame({ ...one, signature: 'A'.repeat(88) })];
    await expect(ask()).rejects.toMatchObject({ code: 'bad_signature' });
  });
});

describe('the log’s word on membership', () => {
  const entry = (type: Entry['type'], data: Entry['data']) => ({ type, ts: '2026-01-01T00:00:00.000Z', data });

  test('follows the lists, and forgets what was said of one that left', async () => {
    const rosters = await chain(3);
    const shorter = await rosterOf([member(0), member(2)], rosters[2], true);
    const life = new MeshLife();
    const put = (roster: Roster, before?: Roster) => {
      const { type, data } = rosterEntry(roster, before);
      life.apply(entry(type, data));
    };
    life.apply(entry('MESH_CREATED', { mesh: MESH }));
    put(rosters[0]!);
    put(rosters[1]!, rosters[0]);
    put(rosters[2]!, rosters[1]);
    life.apply(entry('MESH_RIGHTS_SET', { member: member(1).key, rights: ['control'] }));
    life.apply(entry('MESH_RIGHTS_SET', { member: member(2).key, rights: ['delegate'] }));
    put(shorter, rosters[2]);
    expect(life).toMatchObject({ mesh: MESH, number: 4, epoch: 2, roster: rosterDigest(shorter) });
    expect([...life.rights]).toEqual([[member(2).key, ['delegate']]]);
    life.apply(entry('MESH_LEFT', { mesh: MESH, reason: 'left' }));
    expect(life).toMatchObject({ mesh: undefined, number: 0, roster: undefined });
    expect(life.rights.size).toBe(0);
  });

  test('an invitation is open from its making to its end, in any order with others', () => {
    const id = fc.nat(5).map((i) => `${i}`.repeat(32));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), id)), (steps) => {
        const life = new MeshLife();
        const open = new Set<string>();
        for (const [made, one] of steps) {
          if (made) {
            life.apply(entry('MESH_INVITED', { invitation: one, expires_at: '2026-01-02T00:00:00.000Z' }));
            open.add(one);
          } else {
            life.apply(entry('MESH_INVITATION_ENDED', { invitation: one, reason: 'withdrawn' }));
            open.delete(one);
          }
        }
        expect([...life.invitations.keys()].sort()).toEqual([...open].sort());
      }),
    );
  });
});
