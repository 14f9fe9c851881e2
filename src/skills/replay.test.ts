import { describe, expect, test } from 'vitest';
import { executionRecord } from '../node/effects/execution';
import { jcsBytes, sha256Hex, utf8 } from '../crypto';
import { parseExecution, type ExecutionRecord, type Replayed } from '../protocol/execution';
import { createMemoryStorage } from '../storage';
import { createInlineRunner } from './inline';
import { replayExecution } from './replay';
import { rawWat, watRequest } from './abi/testing/wat';
import { runHere } from './testkit';
import { SkillError, type SkillRequest } from './types';

/** Reads the key `k` from the node's memory and answers what it got. */
const READS = rawWat(
  `(local $n2 i32) (i32.store8 (i32.const 0) (i32.const 107))
   (local.set $n2 (call $memory.read (i32.const 0) (i32.const 1)))
   (drop (call $result (i32.const 16) (local.get $n2)))
   (call $pack (i32.const 16) (local.get $n2))`,
  ['memory.read', 'result'],
);
const DRAWS = rawWat(
  `(i32.store (i32.const 0) (i32.const 32)) (drop (call $random (i32.const 0) (i32.const 4)))
   (drop (call $result (i32.const 16) (i32.const 32))) (call $pack (i32.const 16) (i32.const 32))`,
  ['random', 'result'],
);
const granted = { grants: ['memory.read', 'random'] };

/** A run as the node records it, with everything that it names. */
async function recorded(request: SkillRequest, answer = 'stored before') {
  const storage = createMemoryStorage();
  await storage.claimWriter();
  const { blobs } = storage;
  const outcome = runHere(request, { call: () => ({ response: utf8(answer) }) });
  if (outcome.kind === 'host_fault') throw new Error(outcome.message);
  const output =
    outcome.kind === 'ok' ? { sha256: sha256Hex(outcome.output), bytes: outcome.output.length } : undefined;
  for (const bytes of [request.module, request.input, ...Object.values(request.files ?? {})]) await blobs.put(bytes);
  const json = await executionRecord(blobs, request, outcome.kind, outcome, output);
  const record = parseExecution(json)!;
  return { record, blobs, replay: (over: Partial<ExecutionRecord> = {}) => again({ ...record, ...over }) };

  function again(changed: ExecutionRecord): Promise<Replayed> {
    return replayExecution(changed, (sha256) => blobs.get(sha256), createInlineRunner());
  }
}

describe('a recorded run, made again without a world', () => {
  test.each([
    ['that asked the world', READS, {}],
    ['with randomness', DRAWS, {}],
    ['that trapped after it asked the world', READS.replace('(call $pack', '(unreachable) (call $pack'), {}],
    ['that used up its gas', rawWat('(loop $l (br $l)) (i64.const 0)'), {}],
    ['whose clock on the wall had run short', DRAWS, { limits: { ...watRequest(DRAWS).limits, wallMs: 1 } }],
  ])('one %s is identical', async (_, text, over) => {
    const { record, replay } = await recorded(watRequest(text, { ...granted, ...over }));
    expect(record).toBeDefined();
    expect(await replay()).toEqual({ kind: 'identical' });
  });

  test.each([
    [{ outcome: 'trap' }, 'other_outcome'],
    [{ gas: 1 }, 'other_gas'],
    [{ host_calls: 9 }, 'other_host_calls'],
    [{ host_bytes: 9 }, 'other_host_bytes'],
    [{ output_sha256: '00'.repeat(32) }, 'other_output'],
    [{ output_bytes: 9 }, 'other_output'],
    [{ memory_sha256: '00'.repeat(32) }, 'other_memory'],
    [{ seed: '00'.repeat(32) }, 'other_output'],
    [{ entry: 'other' }, 'refused'],
    [{ grants: [] as string[] }, 'refused'],
    [{ limits: { ...watRequest(DRAWS).limits, gas: 100 } }, 'other_outcome'],
  ] satisfies [Partial<ExecutionRecord>, string][])('says the first difference: %j', async (over, code) => {
    const { replay } = await recorded(watRequest(DRAWS, granted));
    expect(await replay(over)).toMatchObject({ kind: 'different', code });
  });

  test('in words, with what was recorded and what is', async () => {
    const { record, replay } = await recorded(watRequest(DRAWS, granted));
    expect(await replay({ gas: 1 })).toEqual({
      kind: 'different',
      code: 'other_gas',
      words: `the gas is recorded as 1, and is ${record.gas}`,
      recorded: '1',
      made: `${record.gas}`,
    });
  });

  test('a world that answered otherwise, or was asked otherwise, is seen', async () => {
    const { blobs, replay } = await recorded(watRequest(READS, granted));
    const call = { name: 'memory.read', request_b64: 'aw==', response_b64: 'c3RvcmVkIGFmdGVy' };
    const with_ = async (...calls: object[]) => replay({ calls_sha256: await blobs.put(jcsBytes(calls)) });
    expect(await with_(call)).toMatchObject({ code: 'other_gas' });
    expect(await with_({ ...call, response_b64: 'c3RvcmVkIGJlZm9yRQ==' })).toMatchObject({ code: 'other_output' });
    expect(await with_({ ...call, request_b64: 'ag==' })).toMatchObject({ code: 'other_calls' });
    expect(await with_({ ...call, name: 'mesh.send' })).toMatchObject({ code: 'other_calls' });
    expect(await with_(call, call)).toMatchObject({ code: 'other_calls' });
    expect(await with_({ ...call, more: 1 })).toMatchObject({ code: 'other_calls' });
    expect(await with_({ ...call, request_b64: '?' })).toMatchObject({ code: 'other_calls' });
    expect(await replay({ calls_sha256: null })).toMatchObject({ code: 'other_calls' });
  });

  test('another version’s metering is unknown, and nothing is run', async () => {
    const { replay } = await recorded(watRequest(DRAWS, granted));
    for (const over of [{ metering: 'sovereign-metering/2' }, { weights: 99 }])
      expect(await replay({ ...over, gas: 1 })).toMatchObject({ kind: 'unknown', code: 'metering' });
  });

  test('what is not here, or is something else, is named', async () => {
    const { record, replay } = await recorded(watRequest(DRAWS, granted));
    const gone = 'ab'.repeat(32);
    expect(await replay({ input_sha256: gone })).toMatchObject({ kind: 'unknown', code: 'missing', missing: [gone] });
    const liar = replayExecution(record, () => Promise.resolve(utf8('other')), createInlineRunner());
    expect(await liar).toMatchObject({ code: 'missing', missing: [record.module_sha256, record.input_sha256] });
  });
});

test('a module whose metered form this engine does not compile is unknown, and costs no other run its replay', async () => {
  const { record, blobs } = await recorded(watRequest(DRAWS, granted));
  const error = new SkillError('host_fault', 'The engine does not compile it.', { advice: 'Try another.' });
  const replayed = replayExecution(record, (sha256) => blobs.get(sha256), { run: () => Promise.reject(error) });
  expect(await replayed).toMatchObject({ kind: 'unknown', code: 'machine' });
});
