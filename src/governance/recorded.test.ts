/** Every decision stands in the log so that a stranger can make it again: docs/policy.md. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { decisionsOf } from '../protocol/decisions';
import type { PolicySet } from '../policy';
import type { SnapshotInForce } from './config';
import { PoliciesInForce } from './in-force';
import { DEFAULT_POLICIES } from './policy';
import { code, openTestNode, promote, readDataset, RUNNER, type TestNode } from './testkit';

const decisions = (node: TestNode) => node.disk.entries().map((entry) => decisionsOf(entry as never));
const last = (node: TestNode) => decisions(node).findLast((d) => d !== undefined);
const policyOf = (node: TestNode) => node.governance.currentPolicy().sha256;

describe('a decision in the log', () => {
  test('that permits', async () => {
    const node = await openTestNode({ cedar });
    const { order, authorizedSeq } = await node.governance.execute({
      ...readDataset(node.role),
      context: { stage: 'prepare' },
    });
    expect(last(node)).toEqual({
      seq: authorizedSeq,
      request: {
        principal: RUNNER,
        action: 'read_dataset',
        resource: { type: 'Dataset', id: 'iris.csv' },
        context: { stage: 'prepare' },
      },
      policy_sha256: policyOf(node),
      decision: 'allow',
      policies: order.decision.policies,
      needed: 0,
      errors: [],
    });
  });

  test('that asks for approval, and the one after the approval', async () => {
    const node = await openTestNode({ cedar });
    await node.governance.execute(promote(node.role), { onPending: (id) => void node.governance.decide(id, 'yes') });
    const made = decisions(node).filter((d) => d?.request.action === 'promote');
    expect(made).toMatchObject([
      { decision: 'allow', policies: ['promotion-needs-the-owner'], needed: 1, policy_sha256: policyOf(node) },
      { decision: 'allow', policies: ['promotion-needs-the-owner'], needed: 1, policy_sha256: policyOf(node) },
    ]);
  });

  test('that forbids, with the policies that did', async () => {
    const node = await openTestNode({ cedar });
    await node.governance.setPolicies(`${DEFAULT_POLICIES}@id("no") forbid (principal, action, resource)
      when { context has rows };`);
    const intent = { ...readDataset(node.role), context: { rows: 1 } };
    expect(await code(node.governance.execute(intent))).toBe('denied');
    expect(last(node)).toMatchObject({ decision: 'deny', policies: ['no'], needed: 0, errors: [] });
  });

  test('that fails to evaluate, with the policies that did', async () => {
    const node = await openTestNode({ cedar });
    await node.governance.setPolicies(`${DEFAULT_POLICIES}@id("sum") forbid (principal, action, resource)
      when { context has bytes && context.bytes + 9223372036854775807 > 0 };`);
    const intent = { ...readDataset(node.role), context: { bytes: 1 } };
    expect(await code(node.governance.execute(intent))).toBe('denied');
    expect(last(node)).toMatchObject({ decision: 'deny', policies: ['pipeline-runs-stages'], errors: ['sum'] });
  });

  test('a refusal that no policy made says so', async () => {
    const node = await openTestNode({ cedar });
    const before = decisions(node).filter((d) => d !== undefined).length;
    expect(await code(node.governance.execute({ ...readDataset(node.role), context: { pined: true } }))).toBe(
      'bad_arguments',
    );
    const stranger = { ...readDataset(node.role), principal: { type: 'Pipeline', id: 'other' } as const };
    expect(await code(node.governance.execute(stranger))).toBe('role_invalid');
    for (const { data } of node.disk.entries().slice(-2))
      expect(data).toMatchObject({ decided: false, policies: [], errors: [] });
    expect(decisions(node).filter((d) => d !== undefined)).toHaveLength(before);
  });
});

describe('a change of policies', () => {
  const [before, after] = [{ sha256: 'before' }, { sha256: 'after' }] as unknown as [PolicySet, PolicySet];
  const snapshot = {} as SnapshotInForce;
  const steps = async (n = 20): Promise<void> => {
    for (let i = 0; i < n; i++) await Promise.resolve();
  };

  test('is not written before the decisions under way are in the log', async () => {
    const inForce = new PoliciesInForce(before, [snapshot]);
    const log: string[] = [];
    let logged = (): void => undefined;
    const decision = inForce.deciding(async () => {
      const { sha256 } = inForce.policies;
      await new Promise<void>((resolve) => (logged = resolve));
      log.push(`decided by ${sha256}`);
    });
    const change = inForce.change(after, () => Promise.resolve((log.push('snapshot'), snapshot)));
    await steps();
    expect(log).toEqual([]);
    logged();
    await Promise.all([decision, change]);
    expect(log).toEqual(['decided by before', 'snapshot']);
  });

  test('lets nobody decide until it is durable, nor after it failed by it', async () => {
    const inForce = new PoliciesInForce(before, [snapshot]);
    const deciders: string[] = [];
    const decide = (): Promise<unknown> =>
      inForce.deciding(() => Promise.resolve(deciders.push(inForce.policies.sha256)));
    let durable = (): void => undefined;
    const change = inForce.change(after, async () => {
      await new Promise<void>((resolve) => (durable = resolve));
      return snapshot;
    });
    const decision = decide();
    await steps();
    expect(deciders).toEqual([]);
    durable();
    await Promise.all([change, decision]);
    await expect(inForce.change(before, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    await decide();
    expect(deciders).toEqual(['after', 'after']);
  });
});

test('policies that change under load: each decision stands behind the snapshot that decided it', async () => {
  const node = await openTestNode({ cedar });
  const act = (i: number) => code(node.governance.execute(readDataset(node.role, `set-${i}.csv`)));
  const done: Promise<unknown>[] = [];
  let changes: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < 60; i++) {
    done.push(act(i));
    if (i % 20 === 10) {
      const text = `${DEFAULT_POLICIES}@id("no-${i}") forbid (principal, action, resource == Dataset::"set-${i + 5}.csv");`;
      changes = changes.then(() => node.governance.setPolicies(text));
    }
    if (i % 3 === 0) await node.log.append({ type: 'NODE_STARTED', data: { i } });
  }
  await Promise.all([changes, ...done]);
  let inForce: unknown;
  const snapshots = new Set<unknown>();
  for (const entry of node.disk.entries()) {
    if (entry.type === 'CONFIG_SNAPSHOT')
      snapshots.add((inForce = (entry.data['snapshot'] as { policies_sha256: string }).policies_sha256));
    const decision = decisionsOf(entry);
    if (decision) expect([entry.seq, decision.policy_sha256]).toEqual([entry.seq, inForce]);
  }
  expect(snapshots.size).toBe(4);
});
