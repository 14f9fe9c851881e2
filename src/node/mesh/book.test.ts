import { expect, test } from 'vitest';
import type { AuditLog } from '../../audit';
import { Machine, readAll } from '../../audit/testkit';
import { countingRandom, member, sealSecretOf, signerOf } from '../../mesh/members/testkit';
import { MemberBook, peerOf } from './book';
import { Keeper } from './keeper';
import { Membership } from './membership';
import { MeshStore } from './store';

const secret = (): Promise<Uint8Array<ArrayBuffer>> => Promise.resolve(new Uint8Array(32).fill(5));
const random = countingRandom();

/** The keeper's node on a disk that outlives it; `filling` it leaves room for the record and none for the log. */
async function open(machine: Machine) {
  const storage = await machine.storage();
  const log: AuditLog = await machine.open(storage);
  const store = new MeshStore(storage.records, secret, random);
  const write = store.write.bind(store);
  const keeping = { filling: false };
  store.write = async (...args) => {
    await write(...args);
    if (keeping.filling) machine.disk.quotaBytes = machine.disk.used;
  };
  const signer = await signerOf(0);
  const book = await MemberBook.open({
    ...{ log, store, random, clock: { now: () => machine.now }, members: () => undefined },
    ...{ signer: () => signer, sealSecret: () => Promise.resolve(sealSecretOf(0).slice()) },
  });
  return { book, keeper: new Keeper(book), log, keeping };
}

const joiner = (i: number) => {
  const { key, seal, name } = member(i);
  return { key, seal, name };
};
const ofMesh = async (log: AuditLog): Promise<string[]> =>
  (await readAll(log)).map(({ type }) => type).filter((type) => type.startsWith('MESH_'));

async function invited() {
  const machine = new Machine();
  const now = await open(machine);
  await new Membership(now.book).create('Desktop', undefined, () => Promise.resolve({ relays: [], stun: [] }));
  const { token } = await now.keeper.invite(10);
  return { machine, token, ...now };
}

test('a crash between record and log: the used invitation stays used, and who it let in comes again', async () => {
  const { machine, token, keeper, log } = await invited();
  machine.disk.kill = { write: 2, keep: 0 };
  await expect(keeper.admit(token, joiner(1))).rejects.toMatchObject({ code: 'unavailable' });
  await log.close().catch(() => undefined);
  for (let life = 0; life < 2; life++) {
    const again = await open(machine);
    expect(again.keeper.check(token, joiner(2))).toBe('invitation_used');
    expect(again.keeper.check(token, joiner(1))).toBe('welcome_back');
    expect((await ofMesh(again.log)).slice(2)).toEqual(['MESH_INVITED', 'MESH_INVITATION_ENDED', 'MESH_ROSTER']);
    expect((await again.keeper.admit(token, joiner(1))).roster.number).toBe(2);
    await again.log.close();
  }
});

test('a log that takes nothing for a while has all of it afterwards, and nobody is told before', async () => {
  const { machine, token, keeper, book, log, keeping } = await invited();
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
  const { machine, token, keeper, log } = await invited();
  await keeper.admit(token, joiner(1));
  const second = await keeper.invite(10);
  machine.disk.kill = { write: 2, keep: 0 };
  await expect(keeper.remove(peerOf(member(1).key))).rejects.toMatchObject({ code: 'unavailable' });
  await log.close().catch(() => undefined);
  const again = await open(machine);
  expect(again.book.openInvitations()).toEqual([]);
  expect(again.keeper.check(second.token, joiner(2))).toBe('invitation_used');
  expect((await ofMesh(again.log)).slice(-2)).toEqual(['MESH_INVITATION_ENDED', 'MESH_ROSTER']);
});
