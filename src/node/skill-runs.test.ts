import { describe, expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { NodeEvent } from '../protocol/messages';
import { priceOf, SkillError, type SkillRunner } from '../skills';
import { runHere } from '../skills/testkit';
import { asking } from './testing/owner';
import { call, manualSchedule, testNode, TestDevice } from './testkit';

const here: SkillRunner = { run: (request) => Promise.resolve().then(() => runHere(request)) };

async function started(skills: SkillRunner) {
  const timers = manualSchedule();
  const node = testNode(new TestDevice(), { skills, schedule: timers.schedule });
  await node.start();
  const words: Extract<NodeEvent, { type: 'skill_run' }>[] = [];
  node.subscribe((event) => {
    if (event.type === 'skill_run') words.push(event);
  });
  const put = await node.putBlob(utf8('abc'));
  if (!('Ok' in put)) throw new Error('no blob');
  const input_sha256 = put.Ok;
  const last = async () => (await call(node, 'ListEntries', { limit: 1 })).entries[0]!.entry;
  return { node, timers, words, input_sha256, last, skill: 'hash-file' };
}

/** Runs on until it is stopped, and tells how far it is when the test says so. */
function endless() {
  let tell!: (permille: number, note: string) => void;
  let began!: () => void;
  const running = new Promise<void>((resolve) => (began = resolve));
  const skills: SkillRunner = {
    run: (_request, { signal, onProgress } = {}) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(new SkillError('cancelled', 'The skill’s run was stopped.')));
        tell = onProgress!;
        began();
      }),
  };
  return { skills, running, tell: (permille: number, note: string) => tell(permille, note) };
}

describe('a run that was asked for by a name', () => {
  test('tells what it used, and its price', async () => {
    const { node, skill, input_sha256, last } = await started(here);
    const result = await call(node, 'RunSkill', { skill, input_sha256, call: 'one' });
    const { seq, data } = await last();
    const { execution } = data['result'] as { execution: { gas: number; memory_sha256: string } };
    expect(result).toMatchObject({ outcome: 'ok', seq, order_id: data['order_id'] });
    expect(result.used).toEqual({
      gas: execution.gas,
      price: priceOf(execution.gas),
      host_calls: 0,
      host_bytes: 0,
      memory_sha256: execution.memory_sha256,
    });
  });

  test('is heard of: that it began, and how far it is, at a bounded rate', async () => {
    const { skills, running, tell } = endless();
    const { node, timers, words, skill, input_sha256 } = await started(skills);
    const done = call(node, 'RunSkill', { skill, input_sha256, call: 'one' });
    await running;
    for (let permille = 1; permille <= 500; permille++) tell(permille, `step ${permille}`);
    const word = { type: 'skill_run', call: 'one', phase: 'running' };
    expect(words).toEqual([{ ...word, permille: 0, note: '' }]);
    timers.fire(LIMITS.skillProgressMs);
    expect(words.slice(1)).toEqual([{ ...word, permille: 500, note: 'step 500' }]);
    tell(501, 'never heard');
    expect(await call(node, 'StopSkill', { call: 'one' })).toBe(true);
    await done;
    expect(words).toHaveLength(2);
    expect(timers.waits()).not.toContain(LIMITS.skillProgressMs);
  });

  test('is stopped: the log says so, and its name is free again', async () => {
    const { skills, running } = endless();
    const { node, skill, input_sha256, last } = await started(skills);
    const asked = { skill, input_sha256, call: 'one' };
    const done = call(node, 'RunSkill', asked);
    await running;
    await expect(call(node, 'RunSkill', asked)).rejects.toMatchObject({ code: 'bad_request' });
    expect(await call(node, 'StopSkill', { call: 'another' })).toBe(false);
    expect(await call(node, 'StopSkill', { call: 'one' })).toBe(true);
    const result = await done;
    const { seq, type, data } = await last();
    expect(result).toMatchObject({ outcome: 'cancelled', seq, order_id: data['order_id'] });
    expect(result).not.toHaveProperty('used');
    expect([type, data['code']]).toEqual(['EXECUTION_FAILED', 'cancelled']);
    expect(await call(node, 'StopSkill', { call: 'one' })).toBe(false);
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
  });

  test('that waits for a yes says so, and is stopped before it has an order', async () => {
    const { node, words, input_sha256, last } = await started(here);
    const own = 'ab'.repeat(32);
    const { done } = await asking(node, () => call(node, 'RunSkill', { skill: own, input_sha256, call: 'one' }));
    expect(words).toEqual([{ type: 'skill_run', call: 'one', phase: 'waiting', permille: 0, note: '' }]);
    expect(await call(node, 'StopSkill', { call: 'one' })).toBe(true);
    await expect(done).rejects.toMatchObject({ code: 'cancelled' });
    expect(await last()).toMatchObject({ type: 'EXECUTION_BLOCKED', data: { code: 'cancelled' } });
  });
});

describe('a budget', () => {
  test('that pays for nothing refuses before the run', async () => {
    const { node, skill, input_sha256 } = await started(here);
    const asked = call(node, 'RunSkill', { skill, input_sha256, budget: 0 });
    await expect(asked).rejects.toMatchObject({ code: 'budget_exhausted' });
  });

  test('ends a run when it is spent, and says that it was the budget', async () => {
    const { node, skill, input_sha256, last } = await started(here);
    const result = await call(node, 'RunSkill', { skill, input_sha256, budget: 10 });
    expect(result).toMatchObject({ outcome: 'out_of_gas', advice: 'Let it spend more, or give it less to do.' });
    expect(result.message).toContain('ended by its budget: the 0.00001 IPPC are spent');
    expect(result.used).toMatchObject({ price: 10, gas: 200 });
    expect(await last()).toMatchObject({ type: 'EXECUTION_FAILED', data: { code: 'out_of_gas' } });
  });

  test('that is enough changes nothing', async () => {
    const { node, skill, input_sha256 } = await started(here);
    const [free, paid] = [
      await call(node, 'RunSkill', { skill, input_sha256 }),
      await call(node, 'RunSkill', { skill, input_sha256, budget: 1_000_000 }),
    ];
    expect(paid).toMatchObject({ outcome: 'ok', text: free.text, used: free.used });
  });
});
