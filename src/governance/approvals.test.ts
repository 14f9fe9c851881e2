import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { verifyApproval } from './approval';
import { Approvers } from './approvers';
import { keyRegistry } from './signed';
import { ask, code, openTestNode, promote, readDataset, type TestNode } from './testkit';
import type { Approval } from './types';

const types = (node: TestNode): string[] => node.disk.entries().map((e) => e.type);

describe('an approval', () => {
  test('of exactly this act lets it happen, once, and stands in its order', async () => {
    const node = await openTestNode({ cedar });
    const { id, done, executed } = await ask(node, promote(node.role));
    expect(node.effects).toEqual([]);
    expect(node.governance.pendingApprovals()).toMatchObject([
      { id, needed: 1, policies: ['promotion-needs-the-owner'] },
    ]);
    await node.governance.decide(id, 'yes');
    expect(await done).toBe('done');
    expect((await executed).order.approvals.map((a) => a.approval_id)).toEqual([id]);
    expect(node.governance.pendingApprovals()).toEqual([]);
    const again = await ask(node, promote(node.role));
    expect(again.id).not.toBe(id);
    expect(node.effects).toHaveLength(1);
  });

  test('is signed by the owner key over request, action and verdict', async () => {
    const node = await openTestNode({ cedar });
    const { id, done } = await ask(node, promote(node.role));
    await node.governance.decide(id, 'yes');
    await done;
    const approval = node.disk.ofType('APPROVAL_DECIDED')[0]!.data['approval'] as unknown as Approval;
    const requested = node.disk.ofType('APPROVAL_REQUESTED')[0]!.data;
    expect(approval.action_digest).toBe(requested['action_digest']);
    const keys = keyRegistry(...(await publicKeys(node)), []);
    expect(await verifyApproval(approval, keys, new Approvers())).toBe(true);
  });

  test('of another argument does not count', async () => {
    const node = await openTestNode({ cedar });
    const first = await ask(node, promote(node.role, 'model A'));
    const second = await ask(node, promote(node.role, 'model B'));
    await node.governance.decide(first.id, 'yes');
    expect(await first.done).toBe('done');
    expect(node.governance.pendingApprovals().map((p) => p.id)).toEqual([second.id]);
    const moved = node.effects.map((e) => e.args['model_sha256']);
    expect(moved).toEqual([promote(node.role, 'model A').args['model_sha256']]);
  });

  test('refused blocks, and the same act may be asked for again', async () => {
    const node = await openTestNode({ cedar });
    const { id, done } = await ask(node, promote(node.role));
    await node.governance.decide(id, 'no');
    expect(await done).toBe('approval_refused');
    expect(node.disk.entries().at(-1)).toMatchObject({ type: 'EXECUTION_BLOCKED', data: { code: 'approval_refused' } });
    expect((await ask(node, promote(node.role))).id).not.toBe(id);
    expect(node.effects).toEqual([]);
  });

  test('expired blocks, and does not come back when the clock does', async () => {
    const node = await openTestNode({ cedar });
    const { id, done } = await ask(node, promote(node.role));
    node.clock.ms += LIMITS.approvalTtlMs;
    await node.governance.sweep();
    expect(await done).toBe('approval_expired');
    node.clock.ms -= LIMITS.approvalTtlMs;
    expect(await code(node.governance.decide(id, 'yes'))).toBe('approval_unknown');
    expect(types(node).filter((t) => t === 'APPROVAL_EXPIRED')).toHaveLength(1);
  });

  test('waits without standing in the way of anything else', async () => {
    const node = await openTestNode({ cedar });
    await ask(node, promote(node.role));
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('done');
  });

  test('of an unknown request is refused', async () => {
    const node = await openTestNode({ cedar });
    expect(await code(node.governance.decide('0'.repeat(32), 'yes'))).toBe('approval_unknown');
  });

  test('of an act that two wait for is used by one; the other asks again', async () => {
    const node = await openTestNode({ cedar });
    const first = await ask(node, promote(node.role));
    const reasked: string[] = [];
    let second!: Promise<unknown>;
    const joined = new Promise<void>((resolve) => {
      second = node.governance.execute(promote(node.role), { onPending: (id) => (reasked.push(id), resolve()) });
    });
    await joined;
    expect(reasked).toEqual([first.id]);
    await node.governance.decide(first.id, 'yes');
    await Promise.race([first.executed, second]);
    expect(node.effects).toHaveLength(1);
  });
});

describe('a restart', () => {
  test('keeps a request, and the same act joins it', async () => {
    const before = await openTestNode({ cedar });
    const { id } = await ask(before, promote(before.role));
    const node = await openTestNode({ cedar, disk: before.disk.copy() });
    expect(node.governance.pendingApprovals().map((p) => p.id)).toEqual([id]);
    const joined = await ask(node, promote(node.role));
    expect(joined.id).toBe(id);
    await node.governance.decide(id, 'yes');
    expect(await joined.done).toBe('done');
    expect(node.disk.ofType('APPROVAL_REQUESTED')).toHaveLength(1);
  });

  test('keeps a grant that no order has used yet', async () => {
    const before = await openTestNode({ cedar });
    const { id } = await ask(before, promote(before.role));
    const middle = await openTestNode({ cedar, disk: before.disk.copy() });
    await middle.governance.decide(id, 'yes');
    const node = await openTestNode({ cedar, disk: middle.disk.copy() });
    expect(await code(node.governance.execute(promote(node.role)))).toBe('done');
    expect((await ask(node, promote(node.role))).id).not.toBe(id);
  });

  test('does not revive a grant that an order used', async () => {
    const before = await openTestNode({ cedar });
    const { id, done } = await ask(before, promote(before.role));
    await before.governance.decide(id, 'yes');
    await done;
    const node = await openTestNode({ cedar, disk: before.disk.copy() });
    const again = await ask(node, promote(node.role));
    expect(again.id).not.toBe(id);
    expect(node.effects).toEqual([]);
  });

  test('ends a wait with its reason and without a refusal; the request stands', async () => {
    const before = await openTestNode({ cedar });
    const { id, done } = await ask(before, promote(before.role));
    before.governance.close(new Error('restarted'));
    expect(await done).toBe('Error: restarted');
    expect(await code(before.governance.execute(promote(before.role)))).toBe('Error: restarted');
    expect(types(before)).not.toContain('EXECUTION_BLOCKED');
    const node = await openTestNode({ cedar, disk: before.disk.copy() });
    expect((await ask(node, promote(node.role))).id).toBe(id);
  });
});

test('listeners hear of each change', async () => {
  const node = await openTestNode({ cedar });
  const counts: number[] = [];
  const off = node.governance.onApprovals(() => counts.push(node.governance.pendingApprovals().length));
  const { id, done } = await ask(node, promote(node.role));
  await node.governance.decide(id, 'yes');
  await done;
  expect(counts[0]).toBe(1);
  expect(counts.at(-1)).toBe(0);
  off();
  const heard = counts.length;
  await ask(node, promote(node.role, 'later'));
  expect(counts).toHaveLength(heard);
});

const publicKeys = async (node: TestNode): Promise<[string, string]> => {
  const { governance, owner } = node.disk.entries()[0]!.data['keys'] as { governance: string; owner: string };
  return Promise.resolve([governance, owner]);
};
