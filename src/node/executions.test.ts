import { describe, expect, test } from 'vitest';
import { sha256Hex, sha256Text, utf8 } from '../crypto';
import type { JsonObject } from '../protocol/json';
import { LIMITS } from '../protocol/limits';
import type { SkillRequest, SkillRunner } from '../skills';
import { rawWat, wat } from '../skills/abi/testing/wat';
import { runHere } from '../skills/testkit';
import { approved, exported, governanceKey } from './testing/owner';
import { call, testNode, TestDevice } from './testkit';

/** Runs skills in this thread, and keeps what it was asked. */
const asked: SkillRequest[] = [];
const here: SkillRunner = {
  run: async (request) => {
    asked.push(request);
    return await Promise.resolve(runHere(request));
  },
};

async function running(text: string, skills = here) {
  const node = testNode(new TestDevice(), { skills });
  await node.start();
  const put = async (bytes: Uint8Array<ArrayBuffer>) => {
    const answer = await node.putBlob(bytes);
    if (!('Ok' in answer)) throw new Error(JSON.stringify(answer));
    return answer.Ok;
  };
  const skill = await put(wat(text));
  const input_sha256 = await put(utf8('hello'));
  const last = async (type: string): Promise<JsonObject> => {
    const { entries } = await call(node, 'ListEntries', { limit: 500 });
    return entries.map(({ entry }) => entry).find((entry) => entry.type === type)!.data;
  };
  // A module that is not pinned runs once its owner approves.
  const run = () => approved(node, () => call(node, 'RunSkill', { skill, input_sha256 }));
  return { node, skill, input_sha256, last, run };
}

describe('the execution record', () => {
  test('a run that ends well stands in the log with all that it follows from, and can be made again', async () => {
    const text = rawWat(
      '(i64.or (i64.shl (i64.extend_i32_u (local.get $p)) (i64.const 32)) (i64.extend_i32_u (local.get $n)))',
    );
    const { node, skill, input_sha256, last, run } = await running(text);
    expect(await run()).toMatchObject({ outcome: 'ok', text: 'hello' });
    const { order_id, result } = (await last('EXECUTION_COMPLETED')) as { order_id: string; result: JsonObject };
    const execution = result['execution'] as JsonObject & { gas: number; memory_sha256: string };
    const { order } = (await last('EXECUTION_AUTHORIZED')) as { order: JsonObject };
    expect(execution).toMatchObject({
      ...{ v: 1, module_sha256: skill, abi: 'raw', entry: null, args: [], metering: 'sovereign-metering/1' },
      ...{ input_sha256, files: {}, seed: sha256Text(`sovereign-seed/1\n${order_id}`), grants: [], calls_sha256: null },
      ...{ now: Date.parse(order['issued_at'] as string), outcome: 'ok', host_calls: 0, host_bytes: 0 },
      ...{ output_sha256: sha256Hex(utf8('hello')), output_bytes: 5, gas: expect.any(Number) as number },
    });
    expect(order['budget']).toMatchObject({ gas: (execution['limits'] as JsonObject)['gas'] });
    expect(asked.at(-1)?.limits.gas).toBe(LIMITS.ownSkillGas);
    const again = runHere(asked.at(-1));
    expect(again).toMatchObject({ kind: 'ok', gas: execution.gas, memorySha256: execution.memory_sha256 });
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
  });

  test('a trap is a result too: its record stands with the failure, and evidence with it verifies', async () => {
    const { node, skill, last, run } = await running(rawWat('unreachable'));
    expect(await run()).toMatchObject({ outcome: 'trap' });
    const { code, execution } = (await last('EXECUTION_FAILED')) as { code: string; execution: JsonObject };
    expect([code, execution]).toMatchObject([
      'trap',
      { outcome: 'trap', output_sha256: null, output_bytes: 0, module_sha256: skill },
    ]);
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
    expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
  });

  test('a machine’s fault is no result and leaves no record', async () => {
    const fault: SkillRunner = {
      run: () => Promise.resolve({ kind: 'host_fault', reason: 'timeout', message: 'x', ms: 1 }),
    };
    const { last, run } = await running(rawWat('(i64.const 0)'), fault);
    expect(await run()).toMatchObject({ outcome: 'host_fault' });
    const failed = await last('EXECUTION_FAILED');
    expect(failed).toMatchObject({ code: 'timeout' });
    expect(failed).not.toHaveProperty('execution');
  });
});
