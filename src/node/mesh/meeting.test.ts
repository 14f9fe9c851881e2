import { expect, test } from 'vitest';
import { JOIN } from '../../mesh/members';
import { settled, TestTime } from '../../mesh/testing/time';
import { memoryMesh } from '../../mesh/testkit';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { reachInviter } from './meeting';

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
  stream.catch((error: { code: unknown }) => (code = error.code));
  for (let i = 0; i < MESH_LIMITS.joinRefusals; i++) {
    inviter.net.changed();
    await settled();
  }
  await time.pass((MESH_LIMITS.joinRefusals - 2) * MESH_LIMITS.relayRetryMs);
  expect(code).toBeUndefined();
  await time.pass(MESH_LIMITS.relayRetryMs);
  expect(code).toBe('protocol_refused');
});
