import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { code, openTestNode, readDataset, RUNNER } from './testkit';

describe('a crash', () => {
  test('between authorised and completed is closed as interrupted, and the effect is not repeated', async () => {
    let begun!: () => void;
    const started = new Promise<void>((resolve) => (begun = resolve));
    const first = await openTestNode({
      cedar,
      effect: () => {
        begun();
        return new Promise(() => undefined);
      },
    });
    void first.governance.execute({ ...readDataset(first.role), run: 'run-9' });
    await started;
    const disk = first.disk.copy();
    const second = await openTestNode({ cedar, disk });
    const authorized = disk.ofType('EXECUTION_AUTHORIZED')[0]!;
    expect(disk.ofType('EXECUTION_FAILED').map((e) => e.data)).toMatchObject([
      { code: 'interrupted', authorized_seq: authorized.seq, run: 'run-9' },
    ]);
    expect(second.effects).toEqual([]);
    const third = await openTestNode({ cedar, disk: disk.copy() });
    expect(third.disk.ofType('EXECUTION_FAILED')).toHaveLength(1);
  });

  test('just after the authorisation: its order does not work after the restart', async () => {
    let begun!: () => void;
    const started = new Promise<void>((resolve) => (begun = resolve));
    const first = await openTestNode({ cedar, effect: () => (begun(), new Promise(() => undefined)) });
    void first.governance.execute(readDataset(first.role));
    await started;
    const { order, args } = first.effects[0]!;
    const second = await openTestNode({ cedar, disk: first.disk.copy(), testClock: first.clock });
    const check = second.gate.check(order, { audience: 'datasets', action: 'read_dataset', args });
    expect(await code(check)).toBe('order_used');
  });
});

test('the log cannot be written: nothing is done', async () => {
  const node = await openTestNode({ cedar });
  const full = Object.assign(new Error('the disk is full'), { code: 'quota_exceeded' });
  node.log.append = () => Promise.reject(full);
  await expect(node.governance.execute(readDataset(node.role))).rejects.toBe(full);
  expect(node.effects).toEqual([]);
});

test('a clock that jumps back revives nothing', async () => {
  const node = await openTestNode({ cedar });
  node.clock.ms += LIMITS.roleTtlMs;
  expect(await code(node.governance.execute(readDataset(node.role)))).toBe('role_invalid');
  node.clock.ms -= LIMITS.roleTtlMs;
  expect(await code(node.governance.execute(readDataset(node.role)))).toBe('role_invalid');
  const fresh = await node.governance.issueRole({ role: 'pipeline_executor', principal: RUNNER, context: {} });
  node.clock.ms -= LIMITS.roleTtlMs;
  expect(await code(node.governance.execute(readDataset(fresh)))).toBe('done');
});
