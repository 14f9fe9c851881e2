import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, jcs, utf8 } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { encodeFrame } from '../frames';
import { newEpochKeys, openKeys, sealKeys, sealPublicKey } from './rekey';
import { differences, follows, readRoster, signRoster, type Member } from './roster';
import { countingRandom, KEYS, member, MESH, rosterOf, sealedTo, sealSecretOf, signerOf, START } from './testkit';

const changed = (from: object, over: object) => ({ ...from, ...over });

describe('a list of members', () => {
  test('reads as it was signed, and a member more or a member less follows', async () => {
    const first = await rosterOf([member(0)]);
    const second = await rosterOf([member(0), member(1)], first);
    const third = await rosterOf([member(0)], second, true);
    for (const roster of [first, second, third]) expect(await readRoster(JSON.parse(jcs(roster)))).toEqual(roster);
    expect(follows(first, second)).toBe(true);
    expect(follows(second, third)).toBe(true);
    expect(differences(second, third).removed.map(({ name }) => name)).toEqual(['Device 1']);
    expect([first.epoch, second.epoch, third.epoch]).toEqual([1, 1, 2]);
  });

  test('of which anything was changed after it was signed is refused', async () => {
    const roster = await rosterOf([member(0), member(1)]);
    const others = [
      { relays: [] },
      { mesh: 'ff'.repeat(16) },
      { issued_at: '2026-01-01T00:00:00.001Z' },
      { members: [member(0), member(2)].sort((a, b) => (a.key < b.key ? -1 : 1)) },
      { signature: `${roster.signature.slice(0, -3)}A==` },
    ];
    for (const over of others) await expect(readRoster(changed(roster, over))).rejects.toThrow();
  });

  test('that a member signs, and not the keeper, is refused', async () => {
    const change = { members: [member(0), member(1)], relays: [], stun: [], keys: null, issuedAt: START };
    const first = await rosterOf([member(0), member(1)]);
    const forged = await signRoster(change, first, await signerOf(1));
    await expect(readRoster(forged)).rejects.toMatchObject({ code: 'frame_malformed' });
  });

  test('with two keepers, none, members out of order or twice, or keys for others is refused', async () => {
    const signer = await signerOf(0);
    const sign = (members: Member[], keys = sealedTo(members, 1)) =>
      signRoster({ members, relays: [], stun: [], keys, issuedAt: START }, { mesh: MESH }, signer);
    const bad = [
      await sign([member(0), member(1, { role: 'keeper' })]),
      await sign([member(0, { role: 'member' })]),
      await sign([member(0), member(0)]),
      await sign([member(0), member(1)], sealedTo([member(0)], 1)),
      await sign([member(1)]),
    ];
    for (const roster of bad) await expect(readRoster(roster)).rejects.toMatchObject({ code: 'frame_malformed' });
  });

  test('does not follow when one is skipped, forked, removed without new keys, or changed in place', async () => {
    const first = await rosterOf([member(0), member(1)]);
    const second = await rosterOf([member(0), member(1), member(2)], first);
    const third = await rosterOf([member(0), member(1), member(2), member(3)], second);
    expect(follows(first, third)).toBe(false);
    expect(follows(second, await rosterOf([member(0), member(1)], first))).toBe(false);
    expect(follows(second, await rosterOf([member(0), member(1)], second))).toBe(false);
    expect(follows(first, await rosterOf([member(0), member(1, { seal: 'ab'.repeat(32) })], first))).toBe(false);
    expect(follows(first, await rosterOf([member(0), member(1, { name: 'Other name' })], first))).toBe(true);
    const other = await signerOf(1);
    const taken = [member(0, { role: 'member' }), member(1, { role: 'keeper' })];
    const coup = await signRoster({ members: taken, relays: [], stun: [], keys: null, issuedAt: START }, first, other);
    expect(follows(first, await readRoster(coup))).toBe(false);
  });

  test('follows when the deputy that the keeper named takes his place, and puts him out, under new keys; and nothing else', async () => {
    const deputy = member(1, { role: 'deputy' });
    const first = await rosterOf([member(0), deputy, member(2)]);
    const named = await rosterOf([member(0), member(1), member(2, { role: 'deputy' })], first);
    expect([follows(first, named), follows(named, first)]).toEqual([true, false]);
    const keeper = member(1, { role: 'keeper' });
    const by = async (who: number, members: Member[], keys = sealedTo(members, first.epoch + 1)) =>
      readRoster(
        await signRoster({ members, relays: [], stun: [], keys, issuedAt: START }, first, await signerOf(who)),
      );
    const taken = await by(1, [keeper, member(2)]);
    expect(follows(first, taken)).toBe(true);
    // The one before has no say any more, and another list of the same number is none for those who have this one.
    expect(follows(taken, await rosterOf([member(0), member(2)], taken, true))).toBe(false);
    expect(follows(taken, await by(0, [member(0), member(2)]))).toBe(false);
    const coups = [
      await by(2, [member(2, { role: 'keeper' }), deputy]),
      await by(1, [member(0, { role: 'member' }), keeper, member(2)]),
      await by(1, [keeper]),
      await by(1, [keeper, member(2), member(3)]),
      await by(1, [keeper, member(2, { role: 'deputy' })]),
    ];
    for (const coup of coups) expect(follows(first, coup)).toBe(false);
  });

  test('of the most members, with the longest names and relays, fits one frame', async () => {
    const members = Array.from({ length: MESH_LIMITS.members }, (_, i) => member(i, { name: '"'.repeat(63) + 'a' }));
    const relays = Array.from({ length: MESH_LIMITS.relays }, (_, i) => `/${i}`.padEnd(MESH_LIMITS.addrChars, 'x'));
    const change = { members, relays, stun: [], keys: sealedTo(members, 1), issuedAt: START };
    const roster = await signRoster(change, { mesh: MESH }, await signerOf(0));
    expect(await readRoster(roster)).toEqual(roster);
    expect(encodeFrame({ Welcome: { roster, keys: 'x'.repeat(152) } }).length).toBeLessThan(64 * 1024);
  });
});

describe('sealed keys', () => {
  const box = sealKeys(KEYS, { mesh: MESH, epoch: 3, member: member(1) }, countingRandom());

  test('open for their member, mesh and epoch alone', () => {
    const good = { mesh: MESH, epoch: 3, member: member(1) };
    expect(openKeys(box, good, sealSecretOf(1))).toEqual(KEYS);
    const refused = expect.objectContaining({ code: 'wrong_key' });
    expect(() => openKeys(box, good, sealSecretOf(2))).toThrow(refused);
    expect(() => openKeys(box, { ...good, epoch: 4 }, sealSecretOf(1))).toThrow(refused);
    expect(() => openKeys(box, { ...good, mesh: 'ff'.repeat(16) }, sealSecretOf(1))).toThrow(refused);
    expect(() => openKeys(box, { ...good, member: member(2) }, sealSecretOf(1))).toThrow(refused);
  });

  test('open as they were sealed, whatever the keys; and not when a byte is another', () => {
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(secret, fc.nat(255), fc.nat(151), (mine, seed, at) => {
        const keys = newEpochKeys(countingRandom(seed));
        const to = { mesh: MESH, epoch: 1, member: { key: 'ab'.repeat(32), seal: sealPublicKey(mine) } };
        const sealed = sealKeys(keys, to, countingRandom(seed));
        expect(openKeys(sealed, to, mine)).toEqual(keys);
        const other = sealed[at] === 'A' ? 'B' : 'A';
        expect(() => openKeys(sealed.slice(0, at) + other + sealed.slice(at + 1), to, mine)).toThrow();
      }),
      { numRuns: 30 },
    );
  });

  test('show nothing of the keys', () => {
    const bytes = hex(utf8(box));
    expect(bytes).not.toContain(hex(KEYS.meshKey));
  });
});
