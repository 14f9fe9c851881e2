import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { jcs, sha256Text } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { code, openTestNode, promote, readDataset, TestDisk, type TestNode } from './testkit';
import type { Intent } from './types';

/** Waits until the kernel has made the request durable: the kernel says so itself. */
const pendingId = (node: TestNode, intent: Intent): { id: Promise<string>; done: Promise<unknown> } => {
  let done!: Promise<unknown>;
  const id = new Promise<string>((resolve) => {
    done = node.governance.execute(intent, { onPending: resolve });
  });
  return { id, done };
};

describe('one governed action', () => {
  test('is authorised durably, performed once, and its outcome is durable', async () => {
    const node = await openTestNode({ cedar });
    const before = node.log.size;
    const done = await node.governance.execute(readDataset(node.role));
    const [authorized, completed] = node.disk.entries().slice(before);
    expect(authorized!.type).toBe('EXECUTION_AUTHORIZED');
    expect(completed!.type).toBe('EXECUTION_COMPLETED');
    expect(authorized!.data['order']).toEqual(done.order);
    expect(completed!.data['authorized_seq']).toBe(authorized!.seq);
    expect(completed!.data['result_sha256']).toBe(sha256Text(jcs({ done: true })));
    expect(done.order.decision.policies).toEqual(['pipeline-runs-stages']);
    expect(node.effects).toHaveLength(1);
  });

  test('finds its authorisation in the log before the effect begins', async () => {
    const seen: string[] = [];
    const disk = new TestDisk();
    const node = await openTestNode({
      cedar,
      disk,
      effect: async ({ order }) => {
        seen.push(JSON.stringify(disk.entries().at(-1).data['order']));
        return Promise.resolve({ id: order.order_id });
      },
    });
    const { order } = await node.governance.execute(readDataset(node.role));
    expect(JSON.parse(seen[0]!)).toEqual(order);
  });

  test('that throws is EXECUTION_FAILED with its code, and throws the same error', async () => {
    const failure = Object.assign(new Error('no disk'), {});
    const node = await openTestNode({ cedar, effect: () => Promise.reject(failure) });
    await expect(node.governance.execute(readDataset(node.role))).rejects.toBe(failure);
    expect(node.disk.entries().at(-1)).toMatchObject({ type: 'EXECUTION_FAILED', data: { code: 'internal' } });
  });

  test('whose answer is not JSON is EXECUTION_FAILED', async () => {
    const node = await openTestNode({ cedar, effect: () => Promise.resolve({ n: Number.NaN }) });
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('bad_result');
    expect(node.disk.entries().at(-1)).toMatchObject({ type: 'EXECUTION_FAILED', data: { code: 'bad_result' } });
  });

  test('whose executor does not check its order is EXECUTION_FAILED', async () => {
    const node = await openTestNode({
      cedar,
      executors: () => [{ audience: 'datasets', execute: () => Promise.resolve({ done: true }) }],
    });
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('order_unchecked');
    expect(node.disk.entries().at(-1).type).toBe('EXECUTION_FAILED');
  });

  test('cannot be changed by its caller or its executor once it was asked for', async () => {
    const node = await openTestNode({ cedar });
    const intent = readDataset(node.role);
    const args = { ...intent.args } as Record<string, string>;
    const running = node.governance.execute({ ...intent, args });
    args['file'] = 'other.csv';
    await running;
    expect(node.effects[0]!.args['file']).toBe('iris.csv');
    expect(Object.isFrozen(node.effects[0]!.args)).toBe(true);
    expect(Object.isFrozen(node.effects[0]!.order)).toBe(true);
  });
});

describe('a refusal', () => {
  const refusals: [string, string, (node: TestNode) => Intent][] = [
    [
      'NaN in the arguments',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), args: { file: 'a', sha256: Number.NaN } }),
    ],
    [
      'a Map with a numeric key',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), args: new Map([[1, 'a']]) as never }),
    ],
    [
      'a class instance',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), args: { file: new Date() as never, sha256: '' } }),
    ],
    ['undefined', 'bad_arguments', (n) => ({ ...readDataset(n.role), args: { file: undefined as never, sha256: '' } })],
    [
      'an unknown argument',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), args: { ...readDataset(n.role).args, x: 1 } }),
    ],
    ['a missing argument', 'bad_arguments', (n) => ({ ...readDataset(n.role), args: { file: 'a' } })],
    [
      'too large arguments',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), args: { file: 'a'.repeat(LIMITS.argumentsBytes), sha256: '' } }),
    ],
    ['an unknown action', 'bad_arguments', (n) => ({ ...readDataset(n.role), action: 'format_disk' as never })],
    [
      "another action's resource",
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), resource: { type: 'Skill', id: 'x' } }),
    ],
    ['an unknown fact', 'bad_arguments', (n) => ({ ...readDataset(n.role), context: { pined: true } })],
    ['a fractional fact', 'bad_arguments', (n) => ({ ...readDataset(n.role), context: { rows: 1.5 } })],
    ['a fact of the wrong type', 'bad_arguments', (n) => ({ ...readDataset(n.role), context: { rows: 'many' } })],
    [
      'an unknown principal type',
      'bad_arguments',
      (n) => ({ ...readDataset(n.role), principal: { type: 'Root' as never, id: 'x' } }),
    ],
    ['no intent at all', 'bad_arguments', () => null as never],
    ['what no policy permits', 'denied', (n) => ({ ...skill(n), context: { pinned: false } })],
    [
      'an action the role does not cover',
      'role_invalid',
      (n) => ({
        ...readDataset(n.role),
        action: 'sign_policies',
        resource: { type: 'PolicySet', id: 'current' },
        args: { policies_sha256: '' },
      }),
    ],
    [
      'another principal',
      'role_invalid',
      (n) => ({ ...readDataset(n.role), principal: { type: 'Pipeline', id: 'other' } }),
    ],
    ['no role', 'role_invalid', (n) => ({ ...readDataset(n.role), roleSignature: undefined as never })],
  ];
  test.each(refusals)('of %s is %s, durable, without an effect', async (_name, expected, intent) => {
    const node = await openTestNode({ cedar });
    const before = node.log.size;
    expect(await code(node.governance.execute(intent(node)))).toBe(expected);
    const after = node.disk.entries().slice(before);
    expect(after.map((e) => e.type)).toEqual(['EXECUTION_BLOCKED']);
    expect(after[0]!.data['code']).toBe(expected);
    expect(node.effects).toEqual([]);
  });

  test('of a fact that the node knows better', async () => {
    const node = await openTestNode({
      cedar,
      factsOf: ({ action }) => (action === 'run_skill' ? { pinned: false } : {}),
    });
    expect(await code(node.governance.execute({ ...skill(node), context: { pinned: true } }))).toBe('bad_arguments');
    expect(await code(node.governance.execute({ ...skill(node), context: {} }))).toBe('denied');
    expect(node.effects).toEqual([]);
  });

  test('of a fact nobody stated, when the node states it', async () => {
    const node = await openTestNode({ cedar, factsOf: () => ({ pinned: true }) });
    expect(await code(node.governance.execute({ ...skill(node), context: {} }))).toBe('done');
  });

  test('says who decided', async () => {
    const node = await openTestNode({ cedar });
    await node.governance.setPolicies(`${node.governance.currentPolicy().cedar}
@id("no-iris") forbid (principal, action, resource == Dataset::"iris.csv");`);
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('denied');
    expect(node.disk.entries().at(-1).data).toMatchObject({
      policies: ['no-iris'],
      policy_sha256: node.governance.currentPolicy().sha256,
    });
  });

  const skill = (node: TestNode): Intent => ({
    ...readDataset(node.role),
    action: 'run_skill',
    resource: { type: 'Skill', id: 'train-model' },
    args: {
      skill: 'train-model',
      module_sha256: sha256Text('m'),
      input_sha256: sha256Text('i'),
      limits: { memoryPages: 16, wallMs: 1000, outputBytes: 2000 },
      grants: [],
    },
  });

  test('does not stand in the way of what is permitted: the budget of a skill is in its order', async () => {
    const node = await openTestNode({ cedar });
    const { order } = await node.governance.execute({ ...skill(node), context: { pinned: true, grants: 0 } });
    expect(order.budget).toEqual({ gas: null, bytes: 2000, wall_ms: 1000 });
    expect(await code(node.governance.execute({ ...skill(node), context: { pinned: true, grants: 1 } }))).toBe(
      'denied',
    );
  });
});

describe('cancelling', () => {
  test('before the authorisation blocks', async () => {
    const node = await openTestNode({ cedar });
    expect(await code(node.governance.execute(readDataset(node.role), { signal: AbortSignal.abort() }))).toBe(
      'cancelled',
    );
    expect(node.disk.entries().at(-1)).toMatchObject({ type: 'EXECUTION_BLOCKED', data: { code: 'cancelled' } });
    expect(node.effects).toEqual([]);
  });

  test('while it waits for an approval blocks, and the request stays', async () => {
    const node = await openTestNode({ cedar });
    const abort = new AbortController();
    let id: string | undefined;
    const running = node.governance.execute(promote(node.role), {
      signal: abort.signal,
      onPending: (i) => {
        id = i;
        abort.abort();
      },
    });
    expect(await code(running)).toBe('cancelled');
    expect(node.governance.pendingApprovals().map((p) => p.id)).toEqual([id]);
  });

  test('during the effect reaches the executor', async () => {
    const abort = new AbortController();
    const node = await openTestNode({
      cedar,
      effect: (_effect, { signal }) => {
        abort.abort();
        return signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve({});
      },
    });
    await expect(node.governance.execute(readDataset(node.role), { signal: abort.signal })).rejects.toThrow('stopped');
    expect(node.disk.entries().at(-1).type).toBe('EXECUTION_FAILED');
  });
});

describe('bounds', () => {
  test('past the actions in flight: overloaded, durable, and it recovers', async () => {
    let open!: () => void;
    const held = new Promise<void>((resolve) => (open = resolve));
    const node = await openTestNode({
      cedar,
      effect: async () => {
        await held;
        return { done: true };
      },
    });
    const intents = Array.from({ length: LIMITS.kernelInFlight + 3 }, () => readDataset(node.role));
    const all = intents.map((intent) => code(node.governance.execute(intent)));
    const refused = await Promise.all(all.slice(LIMITS.kernelInFlight));
    expect(refused).toEqual(['overloaded', 'overloaded', 'overloaded']);
    expect(node.disk.ofType('EXECUTION_BLOCKED')).toHaveLength(3);
    open();
    expect(new Set(await Promise.all(all.slice(0, LIMITS.kernelInFlight)))).toEqual(new Set(['done']));
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('done');
  });

  test('past the requests for approval: overloaded, and other actions go on', async () => {
    const node = await openTestNode({ cedar });
    const waiting = await Promise.all(
      Array.from({ length: LIMITS.pendingApprovals }, (_, i) => pendingId(node, promote(node.role, `m${i}`)).id),
    );
    expect(new Set(waiting).size).toBe(LIMITS.pendingApprovals);
    expect(await code(node.governance.execute(promote(node.role, 'one more')))).toBe('overloaded');
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('done');
  });
});
