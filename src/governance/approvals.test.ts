import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signerFromSeed } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { signApproval, verifyApproval } from './approval';
import { keyRegistry } from './signed';
import { code, openTestNode, promote, readDataset, seed, type TestNode } from './testkit';
import type { Approval, Executed, Intent } from './types';

interface Asked {
  id: string;
  done: Promise<string>;
  executed: Promise<Executed>;
}

/** Asks for an act and resolves once its request for approval is durable. */
function ask(node: TestNode, intent: Intent): Promise<Asked> {
  return new Promise((resolve) => {
    const executed = node.governance.execute(intent, { onPending: (id) => resolve({ id, done, executed }) });
    const done = code(executed);
  });
}

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
    expect(await verifyApproval(approval, keys)).toBe(true);
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
});

describe('always and never', () => {
  test('always signs a permit for this principal, action and resource, and nobody is asked again', async () => {
    const node = await openTestNode({ cedar });
    const { id, done } = await ask(node, promote(node.role));
    await node.governance.decide(id, 'always');
    expect(await done).toBe('done');
    expect(node.governance.currentPolicy().cedar).toContain('@id("always-');
    const second = await node.governance.execute(promote(node.role, 'another model', 'run-2'));
    expect(second.order.approvals).toEqual([]);
    expect(second.order.decision.policies.some((p) => p.startsWith('always-'))).toBe(true);
    const other = { ...promote(node.role), resource: { type: 'Pointer', id: 'staging' } as const };
    await ask(node, { ...other, args: { ...other.args, pointer: 'staging' } });
    expect(node.governance.pendingApprovals()).toHaveLength(1);
  });

  test('never signs a forbid, and blocks without asking', async () => {
    const node = await openTestNode({ cedar });
    const { id, done } = await ask(node, promote(node.role));
    await node.governance.decide(id, 'never');
    expect(await done).toBe('approval_refused');
    expect(await code(node.governance.execute(promote(node.role, 'another')))).toBe('denied');
    expect(node.disk.entries().at(-1).data['policies']).toMatchObject([expect.stringMatching(/^never-/)]);
  });

  test('always releases the others that wait for the same', async () => {
    const node = await openTestNode({ cedar });
    const first = await ask(node, promote(node.role, 'A'));
    const second = await ask(node, promote(node.role, 'B'));
    await node.governance.decide(first.id, 'always');
    expect(await Promise.all([first.done, second.done])).toEqual(['done', 'done']);
    expect(node.governance.pendingApprovals()).toEqual([]);
  });

  test('a policy change that forbids it blocks what waits', async () => {
    const node = await openTestNode({ cedar });
    const { done } = await ask(node, promote(node.role));
    await node.governance.setPolicies(`${node.governance.currentPolicy().cedar}
@id("frozen") forbid (principal, action == Action::"promote", resource);`);
    expect(await done).toBe('denied');
    expect(node.governance.pendingApprovals()).toEqual([]);
  });

  test('the policy is asked again after the wait: more approvals than were given is a new request', async () => {
    const second = await signerFromSeed(seed(7));
    const node = await openTestNode({ cedar, approvers: [second.publicKey] });
    const ids: string[] = [];
    const asked = new Promise<void>((resolve) => {
      const onPending = (id: string): void => {
        if (ids.push(id) === 2) resolve();
        else void node.governance.setPolicies(twice(node));
      };
      void node.governance.execute(promote(node.role), { onPending });
    });
    await asked;
    const [pending] = node.governance.pendingApprovals();
    expect(ids[0]).not.toBe(ids[1]);
    expect(pending!.id).toBe(ids[1]);
    expect(pending!.needed).toBe(2);
  });
});

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

const twice = (node: TestNode): string =>
  node.governance.currentPolicy().cedar.replace('@approvals("1")', '@approvals("2")');
