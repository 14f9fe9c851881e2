import { expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { createInlineRunner, type SkillRunner } from '../skills';
import { call, testNode, TestDevice } from './testkit';

async function ran(device = new TestDevice()) {
  const asked: Parameters<SkillRunner['run']>[] = [];
  const runner = createInlineRunner();
  const skills: SkillRunner = {
    run: (...args) => {
      asked.push(args);
      return runner.run(...args);
    },
  };
  const node = testNode(device, { skills });
  await node.start();
  const put = await node.putBlob(utf8('abc'));
  if ('Error' in put) throw new Error(put.Error.message);
  return { node, asked, result: await call(node, 'RunSkill', { skill: 'hash-file', input_sha256: put.Ok }) };
}

test('a run is made again from the log, by its end, its authorisation or its order, and leaves no entry', async () => {
  const { node, asked, result } = await ran();
  expect(result).toMatchObject({ outcome: 'ok', text: expect.stringContaining('ba7816bf') });
  const { log } = await call(node, 'GetStatus');
  const { seq, order_id } = result;
  const { entry } = await call(node, 'GetEntry', { seq });
  const authorized = entry.data['authorized_seq'] as number;
  for (const params of [{ seq }, { seq: authorized }, { order_id }]) {
    const view = await call(node, 'ReplayExecution', params);
    expect(view).toMatchObject({ seq, order_id, outcome: 'ok', replayed: { kind: 'identical' } });
  }
  expect((await call(node, 'GetStatus')).log!.size).toBe(log!.size);
  // The first had the world; what is made again has none.
  expect(asked.map(([, options]) => options?.host !== undefined)).toEqual([true, false, false, false]);
});

test('what is no run of a skill, or is not there, is refused', async () => {
  const { node } = await ran();
  for (const params of [{ seq: 0 }, { seq: 9_999 }, { order_id: 'ab'.repeat(16) }])
    await expect(call(node, 'ReplayExecution', params)).rejects.toMatchObject({ code: 'not_found' });
});
