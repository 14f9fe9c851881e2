/** A function that calls nothing does not look at the counter: its host does, each time that one returns. */
import { expect, test } from 'vitest';
import { utf8 } from '../../crypto';
import { createInlineRunner } from '../inline';
import { runHere } from '../testkit';
import { EXPORTS } from './quickjs/names';
import { rawWat, watRequest } from './testing/wat';

/** What a function of QuickJS's exports does: those not named answer 1,024. */
const CODE: Readonly<Record<string, string>> = {
  isJobPending: '(i32.const 1)',
  executePendingJobs: '(i32.const 0)',
  resolveException: '(i32.const 0)',
};

function neverSettled(): string {
  const functions = Object.entries(EXPORTS).map(([name, [exported, signature]]) => {
    const params = signature.match(/i32(?=.*->)/g)?.length ?? 0;
    const result = signature.endsWith('i32') ? `(result i32) ${CODE[name] ?? '(i32.const 1024)'}` : '';
    return `(func (export "${exported}") ${'(param i32)'.repeat(params)} ${result})`;
  });
  return `(module (import "a" "a" (memory 256 256)) ${functions.join('\n')})`;
}

test('a false QuickJS whose jobs never end is out of gas, with no clock to end it', async () => {
  const request = watRequest(neverSettled(), { abi: 'quickjs', input: utf8('{"script":"1"}') });
  const outcome = await createInlineRunner().run({
    ...request,
    limits: { ...request.limits, memoryPages: 256, gas: 1_000_000 },
  });
  expect(outcome).toMatchObject({ kind: 'out_of_gas', gas: 1_000_000 });
});

test('JSON that is nested deeper than every engine can write is no task', () => {
  const input = utf8(`{"script":"1","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  const request = watRequest(neverSettled(), { abi: 'quickjs', input });
  const outcome = runHere({ ...request, limits: { ...request.limits, memoryPages: 256 } });
  expect(outcome).toMatchObject({ kind: 'exit', message: expect.stringContaining('must be JSON') as string });
});

test.each([
  ['a function', ''],
  ['the start function', '(start $dear)'],
])('%s that calls nothing and is dearer than the limit ends the run, whatever comes after', (_, start) => {
  const dear = '(drop (i64.div_u (i64.const 1) (i64.const 1)))'.repeat(20);
  const text = rawWat('unreachable', [], start === '' ? '' : `(func $dear ${dear}) ${start}`);
  const request = watRequest(start === '' ? text.replace('(i32.const 65536))', `${dear} (i32.const 65536))`) : text);
  const limits = { ...request.limits, gas: 200 };
  expect(runHere({ ...request, limits })).toMatchObject({ kind: 'out_of_gas', gas: 200 });
});
