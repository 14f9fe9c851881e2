import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { signerFromSeed } from '../crypto';
import { ask, code, openTestNode, promote, seed, twice } from './testkit';

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
