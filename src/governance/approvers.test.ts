import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { hex, signerFromSeed, type Signer } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { signApproval } from './approval';
import { ask, code, openTestNode, promote, seed, twice, type Asked, type TestNode } from './testkit';
import type { Approval } from './types';

const PEER = 'phone';

async function waiting(two = false): Promise<{ node: TestNode; asked: Asked; phone: Signer; digest: string }> {
  const phone = await signerFromSeed(seed(9));
  const node = await openTestNode({
    cedar,
    ...(two ? { approvers: [(await signerFromSeed(seed(7))).publicKey] } : {}),
  });
  if (two) await node.governance.setPolicies(twice(node));
  const asked = await ask(node, promote(node.role));
  return { node, asked, phone, digest: node.governance.pendingApprovals()[0]!.actionDigest };
}
const by = (signer: Signer, id: string, digest: string, verdict: 'yes' | 'no' = 'yes'): Promise<Approval> =>
  signApproval(signer, id, digest, verdict, Date.parse('2026-01-02T03:04:05.678Z'));
const types = (node: TestNode): string[] => node.disk.entries().map(({ type }) => type);

describe('another device', () => {
  test('decides one request with its own key, under a role for that alone', async () => {
    const { node, asked, phone, digest } = await waiting();
    const device = { peer: PEER, key: phone.publicKey };
    await node.governance.submitFrom(device, await by(phone, asked.id, digest));
    expect(await asked.done).toBe('done');
    expect(types(node).slice(-4)).toEqual([
      'ROLE_SIGNATURE',
      'APPROVAL_DECIDED',
      'EXECUTION_AUTHORIZED',
      'EXECUTION_COMPLETED',
    ]);
    const role = node.disk.ofType('ROLE_SIGNATURE').at(-1).data['role_signature'];
    expect(role).toMatchObject({
      role: 'approver',
      principal: { type: 'Member', id: PEER },
      context: { approval_id: asked.id, key: hex(phone.publicKey) },
    });
  });

  test('refuses it as well', async () => {
    const { node, asked, phone, digest } = await waiting();
    await node.governance.submitFrom({ peer: PEER, key: phone.publicKey }, await by(phone, asked.id, digest, 'no'));
    expect(await asked.done).toBe('approval_refused');
  });

  test('gets no role for what it did not sign, for another act, or for what does not wait', async () => {
    const { node, asked, phone, digest } = await waiting();
    const other = await signerFromSeed(seed(10));
    const before = types(node);
    const device = { peer: PEER, key: phone.publicKey };
    const mine = await by(phone, asked.id, digest);
    const tries: [object, string][] = [
      [await by(other, asked.id, digest), 'approval_invalid'],
      [{ ...mine, verdict: 'no' }, 'approval_invalid'],
      [await by(phone, asked.id, 'f'.repeat(64)), 'approval_invalid'],
      [await by(phone, '0'.repeat(32), digest), 'approval_unknown'],
      [{}, 'approval_invalid'],
    ];
    for (const [value, expected] of tries) expect(await code(node.governance.submitFrom(device, value))).toBe(expected);
    expect(types(node)).toEqual(before);
  });

  test('its role is for nothing else: it can ask for no act, and not decide the next request', async () => {
    const { node, asked, phone, digest } = await waiting();
    await node.governance.submitFrom({ peer: PEER, key: phone.publicKey }, await by(phone, asked.id, digest));
    await asked.done;
    const role = node.disk.ofType('ROLE_SIGNATURE').at(-1).data['role_signature'] as never;
    const act = { ...promote(role), principal: { type: 'Member', id: PEER } as const };
    expect(await code(node.governance.execute(act))).toBe('role_invalid');
    const next = await ask(node, promote(node.role));
    expect(await code(node.governance.submitApproval(await by(phone, next.id, digest)))).toBe('approval_invalid');
  });

  test('its role ends: what comes later does not count', async () => {
    const { node, asked, phone, digest } = await waiting(true);
    const mine = await by(phone, asked.id, digest);
    await node.governance.submitFrom({ peer: PEER, key: phone.publicKey }, mine);
    node.clock.ms += LIMITS.approverTtlMs;
    expect(await code(node.governance.submitApproval(mine))).toBe('approval_invalid');
  });

  test('is one approver of several, also after a restart', async () => {
    const { node, asked, phone, digest } = await waiting(true);
    const device = { peer: PEER, key: phone.publicKey };
    await node.governance.submitFrom(device, await by(phone, asked.id, digest));
    await node.governance.submitFrom(device, await by(phone, asked.id, digest));
    expect(node.governance.pendingApprovals()[0]!.given).toHaveLength(1);
    node.clock.ms += LIMITS.approverTtlMs;
    const approvers = [(await signerFromSeed(seed(7))).publicKey];
    const again = await openTestNode({ cedar, disk: node.disk, testClock: node.clock, approvers });
    expect(again.governance.pendingApprovals()[0]!.given).toHaveLength(1);
    await again.governance.decide(asked.id, 'yes');
    const done = await again.governance.execute(promote(again.role));
    expect(done.order.approvals).toHaveLength(2);
  });
});
