/** Another module in QuickJS's place, with its exports and none of its manners. */
import { describe, expect, test } from 'vitest';
import { requestFor, runHere } from '../../testkit';
import { utf8 } from '../../../crypto';
import type { SkillLimits, SkillOutcome } from '../../types';
import { wat } from '../testing/wat';
import { EXPORTS } from './names';

type Name = keyof typeof EXPORTS;

const result = (name: Name) => (EXPORTS[name][1].endsWith('i32') ? 'i32.const 0' : 'nop');

/** @param bodies of exports; the others answer 0, and `malloc` a place with room */
function posing(bodies: Partial<Record<Name, string>>, limits: Partial<SkillLimits> = {}, extra = ''): SkillOutcome {
  const functions = (Object.keys(EXPORTS) as Name[]).map((name) => {
    const [exported, signature] = EXPORTS[name];
    const given = signature.slice(1, signature.indexOf(')')).split(',').filter(Boolean);
    const type = `(param ${given.join(' ')}) ${signature.endsWith('i32') ? '(result i32)' : ''}`;
    const body = bodies[name] ?? (name === 'malloc' ? 'i32.const 4096' : result(name));
    return `(func (export "${exported}") ${type} ${body})`;
  });
  const module = wat(`(module
    (import "a" "c" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    ${extra} ${functions.join('\n')})`);
  const request = requestFor(module, { abi: 'quickjs', input: utf8('{"script":"1"}') });
  return runHere({ ...request, limits: { ...request.limits, memoryPages: 256, ...limits } });
}

describe('a module that poses as QuickJS', () => {
  test.each([
    ['bytes that are no UTF-8', '\\ff\\fe'],
    ['no JSON', 'x'],
    ['JSON of no text', '[1]'],
  ])('and answers %s is told off, and pays', (_, text) => {
    const ended = posing({ getString: 'i32.const 64' }, {}, `(data (i32.const 64) "${text}\\00")`);
    expect(ended).toMatchObject({ kind: 'bad_output', gas: expect.any(Number) as number });
    expect(posing({ getString: 'i32.const 64' }, {}, `(data (i32.const 64) "${text}\\00")`)).toEqual(ended);
  });

  test('and throws what is no UTF-8 is told off', () => {
    const thrown = { resolveException: 'local.get 1', evaluate: 'i32.const 1', getString: 'i32.const 64' };
    expect(posing(thrown, {}, '(data (i32.const 64) "\\ff\\00")')).toMatchObject({ kind: 'bad_output' });
  });

  test('and writes four thousand million vectors is refused before they are counted', () => {
    const write = '(call $write (i32.const 1) (i32.const 0) (i32.const 0xffffffff) (i32.const 0))';
    // Its errno is where the text lies: none.
    expect(posing({ getString: write }, { gas: 20_000 })).toMatchObject({ kind: 'ok', output: new Uint8Array() });
  });

  test('and writes as many vectors as it has memory for pays for each', () => {
    const write = '(call $write (i32.const 1) (i32.const 0) (i32.const 16384) (i32.const 0))';
    expect(posing({ newRuntime: write }, { gas: 20_000 })).toMatchObject({ kind: 'out_of_gas', gas: 20_000 });
  });

  test('and always has a job left ends by its gas', () => {
    expect(posing({ isJobPending: 'i32.const 1' }, { gas: 100_000 })).toMatchObject({ kind: 'out_of_gas' });
  });
});
