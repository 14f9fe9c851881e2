import { expect, test } from 'vitest';
import { fromHex } from '../../crypto';
import { join, JOIN } from '../../mesh/members';
import { member, sealSecretOf } from '../../mesh/members/testkit';
import { settled, TestTime } from '../../mesh/testing/time';
import type { MeshError } from '../../mesh';
import { memoryMesh } from '../../mesh/testkit';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { meetJoiner, reachInviter } from './meeting';
import { Pairings } from './pairings';
import { invitingKeeper, joiner as askerOf } from './testing/keeper';

/** A joiner that looks for an inviter, whose mesh is open and serves nothing yet. */
function looking() {
  const [inviter, joiner] = memoryMesh(2);
  const time = new TestTime();
  const look = { ended: new AbortController().signal, schedule: time.schedule, lookMs: MESH_LIMITS.joinMs };
  return { inviter: inviter!, time, stream: reachInviter(joiner!, inviter!.self, look) };
}

test('an inviter whose mesh is being opened is asked again', async () => {
  const { inviter, time, stream } = looking();
  await time.pass(3 * MESH_LIMITS.relayRetryMs);
  inviter.handle(JOIN, () => undefined);
  await time.pass(MESH_LIMITS.relayRetryMs);
  expect((await stream).peer).toBe(inviter.self);
  expect(time.waiting).toBe(0);
});

test('one that does not speak of joining at all is given up, whatever changes meanwhile', async () => {
  const { inviter, time, stream } = looking();
  let code: unknown;
  stream.catch((error: unknown) => (code = (error as MeshError).code));
  for (let i = 0; i < MESH_LIMITS.joinRefusals; i++) {
    inviter.net.changed();
    await settled();
  }
  await time.pass((MESH_LIMITS.joinRefusals - 2) * MESH_LIMITS.relayRetryMs);
  expect(code).toBeUndefined();
  await time.pass(MESH_LIMITS.relayRetryMs);
  expect(code).toBe('protocol_refused');
});

/** The keeper's device 0 hosts whoever comes; device 1 has its token. */
async function hosting() {
  const time = new TestTime();
  const { keeper, token, book } = await invitingKeeper();
  const [inviter, joiner] = memoryMesh(2);
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const pairings = new Pairings({ random, schedule: time.schedule, words: () => 'words', changed: () => undefined });
  inviter!.handle(JOIN, (stream) =>
    meetJoiner(stream, { name: 'Desktop', keeper, pairings, schedule: time.schedule }).then(() => undefined),
  );
  const come = async (decide: () => Promise<boolean>) =>
    join(await joiner!.open(inviter!.self, JOIN), {
      invitation: { mesh: book.member().roster.mesh, token, inviter: fromHex(member(0).key)! },
      ...{ key: fromHex(member(1).key)!, name: 'Device 1', seal: member(1).seal, sealSecret: sealSecretOf(1), decide },
    }).catch((error: unknown) => error);
  return { time, keeper, token, pairings, come };
}

test('who was let in and comes again has as long to compare words as the first time', async () => {
  const { time, keeper, token, come } = await hosting();
  await keeper.admit(token, askerOf(1));
  const thinking = new Promise<boolean>((resolve) => time.schedule(() => resolve(true), MESH_LIMITS.rosterMs + 1_000));
  const joined = come(() => thinking);
  await time.pass(MESH_LIMITS.rosterMs + 1_000);
  expect(await joined).toMatchObject({ roster: { number: 2 } });
});

test('the keeper’s own no ends the invitation; time that runs out, or the joiner’s no, does not', async () => {
  const { time, keeper, token, pairings, come } = await hosting();
  const late = come(() => Promise.resolve(true));
  await time.pass(MESH_LIMITS.pairingMs);
  expect(await late).toBeInstanceOf(Error);
  expect(await come(() => Promise.resolve(false))).toMatchObject({ code: 'refused' });
  expect(keeper.check(token, askerOf(1))).toBe('welcome');
  const refused = come(() => Promise.resolve(true));
  await settled();
  pairings.decide(pairings.views().find(({ state }) => state === 'confirm')!.id, false);
  expect(await refused).toMatchObject({ code: 'refused' });
  expect(keeper.check(token, askerOf(1))).toBe('invitation_used');
});
