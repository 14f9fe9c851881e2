import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signerFromSeed } from '../crypto';
import { signApproval } from './approval';
import { ask, code, openTestNode, promote, seed, twice, type Asked, type TestNode } from './testkit';
import type { Approval } from './types';

describe('N of M', () => {
  const twoOf = async (): Promise<{ node: TestNode; asked: Asked; digest: string }> => {
    const others = await Promise.all([signerFromSeed(seed(7)), signerFromSeed(seed(8))]);
    const node = await openTestNode({ cedar, approvers: others.map((s) => s.publicKey) });
    await node.governance.setPolicies(twice(node));
    const asked = await ask(node, promote(node.role));
    return { node, asked, digest: node.governance.pendingApprovals()[0]!.actionDigest };
  };
  const by = async (byte: number, id: string, digest: string, verdict: 'yes' | 'no' = 'yes'): Promise<Approval> =>
    signApproval(await signerFromSeed(seed(byte)), id, digest, verdict, Date.parse('2026-01-02T03:04:05.678Z'));

  test('two distinct approvers suffice, and both stand in the order', async () => {
    const { node, asked, digest } = await twoOf();
    await node.governance.decide(asked.id, 'yes');
    expect(node.governance.pendingApprovals()[0]!.given).toHaveLength(1);
    await node.governance.submitApproval(await by(7, asked.id, digest));
    expect((await asked.executed).order.approvals).toHaveLength(2);
  });

  test('the same approver twice is one', async () => {
    const { node, asked, digest } = await twoOf();
    await node.governance.submitApproval(await by(7, asked.id, digest));
    await node.governance.submitApproval(await by(7, asked.id, digest));
    expect(node.governance.pendingApprovals()[0]!.given).toHaveLength(1);
    expect(node.effects).toEqual([]);
  });

  test('one refusal ends it', async () => {
    const { node, asked, digest } = await twoOf();
    await node.governance.decide(asked.id, 'yes');
    await node.governance.submitApproval(await by(8, asked.id, digest, 'no'));
    expect(await asked.done).toBe('approval_refused');
  });

  test('an approver who is not registered does not count', async () => {
    const { node, asked, digest } = await twoOf();
    expect(await code(node.governance.submitApproval(await by(66, asked.id, digest)))).toBe('approval_invalid');
    expect(node.governance.pendingApprovals()[0]!.given).toEqual([]);
  });

  test("one approver's signature under another's name does not count", async () => {
    const { node, asked, digest } = await twoOf();
    const [mine, theirs] = [await by(7, asked.id, digest), await by(8, asked.id, digest)];
    expect(await code(node.governance.submitApproval({ ...mine, approver: theirs.approver }))).toBe('approval_invalid');
  });

  test('an approval of one request does not count for another', async () => {
    const { node, asked, digest } = await twoOf();
    const other = await ask(node, promote(node.role, 'other'));
    const approval = await by(7, asked.id, digest);
    const moved = node.governance.submitApproval({ ...approval, approval_id: other.id });
    expect(await code(moved)).toBe('approval_invalid');
  });

  test('any change of an approval is refused', async () => {
    const { node, asked, digest } = await twoOf();
    const approval = await by(7, asked.id, digest);
    const field = fc.constantFrom(...(Object.keys(approval) as (keyof Approval)[]));
    await fc.assert(
      fc.asyncProperty(
        field,
        fc.oneof(fc.jsonValue(), fc.constantFrom('yes', 'no', digest, asked.id)),
        async (key, value) => {
          fc.pre(value !== approval[key]);
          const answer = await code(node.governance.submitApproval({ ...approval, [key]: value }));
          expect(answer).toMatch(/^approval_(invalid|unknown)$/);
        },
      ),
      { numRuns: 200 },
    );
    expect(node.governance.pendingApprovals()[0]!.given).toEqual([]);
  });
});
