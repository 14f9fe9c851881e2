import { expect, test } from 'vitest';
import type { AuditLog } from '../../audit';
import { readAll } from '../../audit/testkit';
import { member } from '../../mesh/members/testkit';
import { peerOf } from './book';
import { invitingKeeper, joiner, openKeeper } from './testing/keeper';

const ofMesh = async (log: AuditLog): Promise<string[]> =>
  (await readAll(log)).map(({ type }) => type).filter((type) => type.startsWith('MESH_'));

test('a crash between record and log: the used invitation stays used, and who it let in comes again', async () => {
  const { machine, token, keeper, log } = await invitingKeeper();
  machine.disk.kill = { write: 2, keep: 0 };
  await expect(keeper.admit(token, joiner(1))).rejects.toMatchObject({ code: 'unavailable' });
  await log.close().catch(() => undefined);
  for (let life = 0; life < 2; life++) {
    const again = await openKeeper(machine);
    expect(again.keeper.check(token, joiner(2))).toBe('invitation_used');
    expect(again.keeper.check(token, joiner(1))).toBe('welcome_back');
    expect((await ofMesh(again.log)).slice(2)).toEqual(['MESH_INVITED', 'MESH_INVITATION_ENDED', 'MESH_ROSTER']);
    expect((await again.keeper.admit(token, joiner(1))).roster.number).toBe(2);
    await again.log.close();
  }
});

test('a log that takes nothing for a while has all of it afterwards, and nobody is told before', async () => {
  const { machine, token, keeper, book, log, keeping } = await invitingKeeper();
  keeping.filling = true;
  const full = { code: 'quota_exceeded' };
  await expect(keeper.admit(token, joiner(1))).rejects.toMatchObject(full);
  expect(keeper.check(token, joiner(2))).toBe('invitation_used');
  expect(keeper.check(token, joiner(1))).toBe('welcome_back');
  await expect(keeper.admit(token, joiner(1))).rejects.toMatchObject(full);
  await expect(keeper.setWays({ relays: [], stun: [] })).rejects.toMatchObject(full);
  expect(book.state?.roster.number).toBe(2);
  machine.disk.quotaBytes = Number.POSITIVE_INFINITY;
  keeping.filling = false;
  await Promise.all([keeper.admit(token, joiner(1)), book.dropped('x', 'y')]);
  const types = await ofMesh(log);
  expect(types.slice(2, 5)).toEqual(['MESH_INVITED', 'MESH_INVITATION_ENDED', 'MESH_ROSTER']);
  expect(types).toHaveLength(6);
});

test('a crash in a removal: the invitations that were open are over', async () => {
  const { machine, token, keeper, log } = await invitingKeeper();
  await keeper.admit(token, joiner(1));
  const second = await keeper.invite(10);
  machine.disk.kill = { write: 2, keep: 0 };
  await expect(keeper.remove(peerOf(member(1).key))).rejects.toMatchObject({ code: 'unavailable' });
  await log.close().catch(() => undefined);
  const again = await openKeeper(machine);
  expect(again.book.openInvitations()).toEqual([]);
  expect(again.keeper.check(second.token, joiner(2))).toBe('invitation_used');
  expect((await ofMesh(again.log)).slice(-2)).toEqual(['MESH_INVITATION_ENDED', 'MESH_ROSTER']);
});
