import { describe, expect, test } from 'vitest';
import { fromHex, hex } from '../../crypto';
import { memoryMesh } from '../testkit';
import type { MeshStream } from '../types';
import { encodeFrame } from '../frames';
import type { Invitation } from './invitation';
import { host, join, JOIN, type Hosting, type Joining } from './pairing';
import { sealKeys } from './rekey';
import { countingRandom, KEYS, member, MESH, rosterOf, sealSecretOf } from './testkit';

const invitation: Invitation = {
  mesh: MESH,
  expires: 1,
  token: new Uint8Array(16).fill(7),
  inviter: fromHex(member(0).key)!,
  name: 'Device 0',
  meshKey: KEYS.meshKey,
  relayKey: KEYS.meshKey,
  relays: [],
};

interface World {
  hosting?: Partial<Hosting>;
  joining?: Partial<Joining>;
}

/** One device that invites and one that joins, over a stream in memory. */
async function pair({ hosting, joining }: World) {
  const [inviter, joiner] = memoryMesh(2);
  const hosted = new Promise((resolve) => {
    inviter!.handle(JOIN, (stream) => {
      const served = host(stream, {
        name: 'Device 0',
        check: () => 'welcome',
        decide: () => Promise.resolve(true),
        admit: async () => {
          const roster = await rosterOf([member(0), member(1)]);
          return { roster, keys: sealKeys(KEYS, { mesh: MESH, epoch: 1, member: member(1) }, countingRandom()) };
        },
        ...hosting,
      });
      resolve(served.catch((error: unknown) => error));
    });
  });
  const stream = await joiner!.open(inviter!.self, JOIN);
  const joined = await join(stream, {
    invitation,
    key: fromHex(member(1).key)!,
    name: 'Device 1',
    seal: member(1).seal,
    sealSecret: sealSecretOf(1),
    decide: () => Promise.resolve(true),
    ...joining,
  }).catch((error: unknown) => error);
  return { joined, hosted: await hosted };
}

describe('pairing', () => {
  test('both see the other’s name, both say yes, and the joiner has list and keys', async () => {
    const seen: unknown[] = [];
    const { joined, hosted } = await pair({
      hosting: { decide: (joiner) => (seen.push(joiner.name, joiner.key), Promise.resolve(true)) },
      joining: { decide: (name) => (seen.push(name), Promise.resolve(true)) },
    });
    expect(joined).toMatchObject({ keys: KEYS, roster: { number: 1 } });
    expect(hosted).toEqual({ key: member(1).key, seal: member(1).seal, name: 'Device 1' });
    expect(seen.sort()).toEqual([member(1).key, 'Device 0', 'Device 1'].sort());
  });

  test.each(['hosting', 'joining'] as const)(
    'a no by the one that is %s ends it for both; nobody is admitted',
    async (side) => {
      const admitted: unknown[] = [];
      const never = new Promise<boolean>(() => undefined);
      const decide = { [side]: () => Promise.resolve(false) };
      const { joined, hosted } = await pair({
        hosting: {
          decide: decide['hosting'] ?? (() => never),
          admit: () => (admitted.push(1), Promise.reject(new Error('nobody'))),
        },
        joining: { decide: decide['joining'] ?? (() => never) },
      });
      expect(joined).toMatchObject({ code: 'refused' });
      expect(hosted).toMatchObject({ code: 'refused' });
      expect(admitted).toEqual([]);
    },
  );

  test.each(['invitation_expired', 'invitation_used', 'overloaded'] as const)(
    '%s is told, and nobody is asked',
    async (code) => {
      const asked: unknown[] = [];
      const ask = () => (asked.push(1), Promise.resolve(true));
      const { joined, hosted } = await pair({ hosting: { check: () => code, decide: ask }, joining: { decide: ask } });
      expect(joined).toMatchObject({ code });
      expect(hosted).toMatchObject({ code });
      expect(asked).toEqual([]);
    },
  );

  test('one that was let in and lost the answer gets it again without asking', async () => {
    const { joined } = await pair({ hosting: { check: () => 'welcome_back', decide: () => Promise.resolve(false) } });
    expect(joined).toMatchObject({ keys: KEYS });
  });

  test('a list that does not hold the joiner, or keys for another, is not believed', async () => {
    const without = { admit: async () => ({ roster: await rosterOf([member(0)]), keys: '' }) };
    expect((await pair({ hosting: without })).joined).toMatchObject({ code: 'bad_signature' });
    const other = {
      admit: async () => ({
        roster: await rosterOf([member(0), member(1)]),
        keys: sealKeys(KEYS, { mesh: MESH, epoch: 2, member: member(1) }, countingRandom()),
      }),
    };
    expect((await pair({ hosting: other })).joined).toMatchObject({ code: 'wrong_key' });
  });

  test('of the wrong inviter is not believed', async () => {
    const wrong = { ...invitation, inviter: fromHex(member(2).key)! };
    expect((await pair({ joining: { invitation: wrong } })).joined).toMatchObject({ code: 'bad_signature' });
  });

  test.each([
    ['silence and an end', (stream: MeshStream) => stream.close()],
    ['no frame', (stream: MeshStream) => stream.write(Uint8Array.of(255, 255, 255, 255))],
    ['another frame', (stream: MeshStream) => stream.write(encodeFrame({ Welcome: {} }))],
    ['a hello without its parts', (stream: MeshStream) => stream.write(encodeFrame({ Hello: { v: 1 } }))],
    ['a Confirmed before its time', (stream: MeshStream) => stream.write(encodeFrame({ Confirmed: true }))],
  ])('%s is an error at the inviter and lets nobody in', async (_, say) => {
    const [inviter, joiner] = memoryMesh(2);
    const asked: unknown[] = [];
    const hosted = new Promise((resolve) => {
      inviter!.handle(JOIN, (stream) => {
        const ask = () => (asked.push(1), 'welcome' as const);
        const parts = { name: 'Device 0', check: ask, decide: () => Promise.resolve(true) };
        const served = host(stream, { ...parts, admit: () => Promise.reject(new Error('nobody')) });
        resolve(served.catch((error: unknown) => error));
      });
    });
    await say(await joiner!.open(inviter!.self, JOIN));
    expect(await hosted).toMatchObject({ name: 'MeshError' });
    expect(asked).toEqual([]);
  });

  test('the joiner’s key is the one that its stream proves', async () => {
    const { hosted } = await pair({});
    expect(hosted).toMatchObject({ key: hex(fromHex(member(1).key)!) });
  });
});
