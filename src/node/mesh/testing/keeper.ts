/** A mesh's keeper without its node: the real book over a real log, on a disk to attack. */
import type { AuditLog } from '../../../audit';
import { Machine } from '../../../audit/testkit';
import { countingRandom, member, sealSecretOf, signerOf } from '../../../mesh/members/testkit';
import { MemberBook } from '../book';
import { Keeper } from '../keeper';
import { Membership } from '../membership';
import { MeshStore } from '../store';

const secret = (): Promise<Uint8Array<ArrayBuffer>> => Promise.resolve(new Uint8Array(32).fill(5));
const random = countingRandom();

/** The keeper's node on a disk that outlives it; `filling` it leaves room for the record and none for the log. */
export async function openKeeper(machine: Machine) {
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

/** The i-th device, as it asks to join. */
export const joiner = (i: number) => {
  const { key, seal, name } = member(i);
  return { key, seal, name };
};
/** It has a mesh of its own, and one open invitation. */
export async function invitingKeeper() {
  const machine = new Machine();
  const now = await openKeeper(machine);
  await new Membership(now.book).create('Desktop', undefined, () => Promise.resolve({ relays: [], stun: [] }));
  const { token } = await now.keeper.invite(10);
  return { machine, token, ...now };
}
