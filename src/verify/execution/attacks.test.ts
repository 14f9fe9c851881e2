/** Runs of skills as their operator would like to have had them, everything signed anew with his own keys. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { jcs, jcsBytes, sha256Hex, sha256Text, utf8, type Sha256 } from '../../crypto';
import { BUNDLE, executionFile, type BundleFile } from '../../protocol/bundle';
import type { ExecutionRecord } from '../../protocol/execution';
import { LIMITS } from '../../protocol/limits';
import type { JsonObject } from '../../protocol/json';
import { executionRecord } from '../../node/effects/execution';
import { createInlineRunner, OWN_LIMITS, replayExecution } from '../../skills';
import { runHere } from '../../skills/testkit';
import { memoryReader } from '../memory';
import { createReplay } from '../replay';
import { drop, put, resum, textOf, type LooseEntry } from '../testing/forge';
import { exportAnew } from '../testing/operator';
import { makeRunsSample, OTHER, SKILL } from '../testing/runs';
import type { Sample } from '../testing/sample';
import type { Report } from '../types';
import { verifyBundle } from '../verify';

let sample: Sample;
beforeAll(async () => {
  sample = await makeRunsSample(cedar);
});

const runner = createInlineRunner();
const judge = (files: readonly BundleFile[], again = true): Promise<Report> =>
  verifyBundle(memoryReader(files), {
    governanceKey: sample.keys.governance.publicKey,
    replay: createReplay(cedar),
    ...(again ? { executions: (record, blobs) => replayExecution(record, blobs, runner) } : {}),
  });
const codes = ({ problems }: Report) => problems.map(({ verdict, code }) => `${verdict} ${code}`);
const sound = { integrity: 'pass', authenticity: 'pass', policyReplay: 'pass' };

type Record = JsonObject & { calls_sha256: Sha256 };
interface Run {
  authorized: LooseEntry;
  result: JsonObject & { execution: Record };
}
/** The log rewritten by its operator, around the run that ended well. */
const rewritten = (edit: (run: Run) => Promise<void> | void, of = sample): Promise<BundleFile[]> =>
  exportAnew(of, async (entries) => {
    const ends = entries.filter(
      ({ data }) => 'execution' in (((data as unknown as JsonObject)['result'] as object) ?? {}),
    );
    const data = ends[0]!.data as unknown as { order_id: string; result: Run['result']; result_sha256: string };
    const authorized = entries.find((e) => e.data.order?.['order_id'] === data.order_id)!;
    await edit({ authorized, result: data.result });
    data.result_sha256 = sha256Text(jcs(data.result));
    authorized.data.order['arguments_sha256'] = sha256Text(jcs(authorized.data.arguments));
  });

test('honest runs: pass when they are made again, a trap as well; unknown when they are not', async () => {
  const asked = await judge(sample.files);
  expect(asked.verdicts).toMatchObject({ ...sound, execution: 'pass' });
  expect(asked.reasons.execution).toMatch(/^2 runs of skills come out the same/);
  const not = await judge(sample.files, false);
  expect(not.verdicts).toMatchObject({ ...sound, execution: 'unknown' });
  expect(not.reasons.execution).toMatch(/^Not checked: 2 runs/);
});

describe('signed anew by the operator, sound in all else', () => {
  const found = async (files: readonly BundleFile[], code: string, words: RegExp): Promise<void> => {
    const report = await judge(files);
    expect(codes(report)).toEqual([`execution ${code}`]);
    expect(report.verdicts).toMatchObject({ ...sound, execution: 'fail' });
    expect(report.reasons.execution).toMatch(words);
  };

  test('output replaced', async () => {
    const files = await rewritten(async ({ result }) => {
      const made = { output_sha256: await sample.blobs.put(utf8('A43')), output_bytes: 3 };
      Object.assign(result, made);
      Object.assign(result.execution, made);
    });
    await found(files, 'other_output', /the SHA-256 of the output is recorded as/);
  });

  test('output replaced in the result only, which needs no engine', async () => {
    const files = await rewritten(async ({ result }) => {
      Object.assign(result, { output_sha256: await sample.blobs.put(utf8('A43')) });
    });
    const report = await judge(files, false);
    expect(report.verdicts).toMatchObject({ ...sound, execution: 'fail' });
    expect(codes(report)).toEqual(['execution other_run']);
  });

  test('gas understated', async () => {
    const files = await rewritten(({ result }) => void Object.assign(result.execution, { gas: 1 }));
    await found(files, 'other_gas', /the gas is recorded as 1, and is \d+/);
  });

  test('a host’s answer changed', async () => {
    const files = await rewritten(async ({ result }) => {
      const calls = [{ name: 'memory.read', request_b64: 'aw==', response_b64: 'NDM=' }];
      Object.assign(result.execution, { calls_sha256: await sample.blobs.put(jcsBytes(calls)) });
    });
    await found(files, 'other_output', /output/);
  });

  test('another module under the same name', async () => {
    const module_sha256 = sha256Hex(OTHER);
    const files = await rewritten(({ authorized, result }) => {
      Object.assign(result.execution, { module_sha256 });
      Object.assign(authorized.data.arguments, { module_sha256 });
    });
    await found(files, 'other_output', /output/);
  });

  test('another module than was authorised, which needs no engine', async () => {
    const files = await rewritten(
      ({ result }) => void Object.assign(result.execution, { module_sha256: sha256Hex(OTHER) }),
    );
    const report = await judge(files, false);
    expect(codes(report)).toEqual(['execution other_run']);
    expect(report.reasons.execution).toMatch(/module_sha256 differs/);
  });

  test.each([
    ['seed', '00'.repeat(32)],
    ['now', 0],
    ['grants', []],
    ['args', ['a']],
    ['limits', { ...OWN_LIMITS, gas: OWN_LIMITS.gas - 1 }],
  ])('another %s than its order gives', async (name, value) => {
    const files = await rewritten(({ result }) => void Object.assign(result.execution, { [name]: value }));
    expect(codes(await judge(files, false))).toEqual(['execution other_run']);
  });

  describe('a run with a budget', () => {
    /** The order with one, and the run that ended well turned into what little gas makes of it: true, but not this run. */
    const starved = (budget: number, gas: number): Promise<BundleFile[]> =>
      exportAnew(sample, async (entries) => {
        const ended = entries.find(({ data }) => 'result' in data && 'execution' in (data.result as object))!;
        const { order_id, result } = ended.data as unknown as { order_id: string; result: Run['result'] };
        const authorized = entries.find((e) => e.data.order?.['order_id'] === order_id)!;
        Object.assign(authorized.data.arguments, { budget, limits: { ...OWN_LIMITS, gas: 100_000_000 } });
        authorized.data.order['arguments_sha256'] = sha256Text(jcs(authorized.data.arguments));
        const { execution: was } = result as unknown as { execution: ExecutionRecord };
        const request = {
          ...{ moduleSha256: was.module_sha256, module: SKILL, abi: was.abi, input: utf8('hello') },
          ...{ limits: { ...was.limits, gas }, grants: was.grants, seed: was.seed, now: was.now },
        };
        const outcome = runHere(request, { call: () => ({ response: utf8('42') }) });
        if (outcome.kind !== 'out_of_gas') throw new Error(`it is ${outcome.kind}`);
        const execution = await executionRecord(sample.blobs, request, outcome.kind, outcome, undefined);
        const { authorized_seq } = ended.data as unknown as JsonObject;
        const data = { order_id, authorized_seq, code: 'out_of_gas', message: 'It is spent.', execution };
        Object.assign(ended, { type: 'EXECUTION_FAILED', severity: 'WARNING', data });
      });

    test('ends at the very gas that the budget pays for', async () => {
      const report = await judge(await starved(1, 20));
      expect(codes(report)).toEqual([]);
      expect(report.verdicts).toMatchObject({ ...sound, execution: 'pass' });
    });

    test('that is said to have had less gas than it paid for, and ended of that, is another run', async () => {
      const report = await judge(await starved(50_000_000, 20));
      expect(codes(report)).toEqual(['execution other_run']);
      expect(report.reasons.execution).toMatch(/limits\.gas differs/);
    });
  });

  test('another limit than the default of one that its order leaves out', async () => {
    const left = (hostCalls: number) =>
      rewritten(({ authorized, result }) => {
        const { hostCalls: _, ...limits } = OWN_LIMITS;
        Object.assign(authorized.data.arguments, { limits });
        Object.assign(result.execution, { limits: { ...limits, hostCalls } });
      });
    expect(codes(await judge(await left(LIMITS.skillHostCalls)))).toEqual([]);
    expect(codes(await judge(await left(LIMITS.skillHostCalls - 1), false))).toEqual(['execution other_run']);
  });

  test('a record that is none', async () => {
    const files = await rewritten(({ result }) => void Object.assign(result.execution, { v: 2 }));
    // What it took is named by nothing then, save what another run took too.
    expect(codes(await judge(files, false))).toContain('execution bad_execution');
  });
});

describe('unknown, and not failed', () => {
  test('an instrumenter of another version', async () => {
    const files = await rewritten(
      ({ result }) => void Object.assign(result.execution, { metering: 'sovereign-metering/9' }),
    );
    const report = await judge(files);
    expect(report.verdicts).toMatchObject({ ...sound, execution: 'unknown' });
    expect(codes(report)).toEqual([]);
    expect(report.reasons.execution).toMatch(
      /1 runs .* but 1 could not be made again\. Entry \d+: it was metered by sovereign-metering\/9/,
    );
  });

  test('a run that was left out, which the bundle says', async () => {
    const gone = sha256Hex(SKILL);
    const get = async (sha256: Sha256) => (sha256 === gone ? undefined : sample.blobs.get(sha256));
    const blobs = { ...sample.blobs, get };
    const files = await rewritten(() => undefined, { ...sample, blobs });
    expect(textOf(files, BUNDLE.leftOut)).toMatch(/^\{"seq":\d+,"why":"gone"\}\n$/);
    const report = await judge(files);
    expect(report.verdicts).toMatchObject({ ...sound, execution: 'unknown' });
    expect(report.reasons.execution).toMatch(/was left out/);
  });

  test('a failure that is a result, its record taken out', async () => {
    const files = await exportAnew(sample, (entries) => {
      const trapped = entries.find(({ data }) => 'code' in data && data['code'] === 'trap')!;
      expect(Reflect.deleteProperty(trapped.data, 'execution')).toBe(true);
    });
    const report = await judge(files);
    expect(report.verdicts).toMatchObject({ ...sound, execution: 'unknown' });
    expect(codes(report)).toEqual([]);
    expect(report.reasons.execution).toMatch(/^1 runs .* but 1 could not be made again/);
  });

  test('a result of before there were records', async () => {
    const files = await rewritten(({ result }) => void Reflect.deleteProperty(result, 'execution'));
    expect((await judge(files)).verdicts).toMatchObject({ ...sound, execution: 'unknown' });
  });
});

describe('files that are not as the log names them', () => {
  const signed = (files: readonly BundleFile[]) => resum(files, sample.keys.governance);
  const of = (bytes: Uint8Array) => executionFile(sha256Hex(bytes));
  test.each([
    ['one that is missing', (f: readonly BundleFile[]) => drop(f, of(SKILL)), 'integrity missing_execution'],
    ['one that nothing names', (f: readonly BundleFile[]) => put(f, of(OTHER), OTHER), 'integrity unnamed_file'],
    ['one under another name', (f: readonly BundleFile[]) => put(f, of(OTHER), 'x'), 'integrity wrong_execution_file'],
    ['a list of nothing left out', (f: readonly BundleFile[]) => put(f, BUNDLE.leftOut, ''), 'integrity bad_left_out'],
    [
      'a list that names no run',
      (f: readonly BundleFile[]) => put(f, BUNDLE.leftOut, '{"seq":0,"why":"gone"}\n'),
      'integrity bad_left_out',
    ],
    [
      'a list that is no list',
      (f: readonly BundleFile[]) => put(f, BUNDLE.leftOut, 'null\n'),
      'integrity bad_left_out',
    ],
  ])('%s', async (_, edit, code) => {
    const report = await judge(await signed(edit(sample.files)));
    expect(codes(report)).toContain(code);
    expect(report.verdicts).toMatchObject({ integrity: 'fail' });
    expect(report.verdicts.execution).not.toBe('pass');
  });
});
