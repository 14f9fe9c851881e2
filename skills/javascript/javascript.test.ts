import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../src/crypto';
import type { SkillOutcome, SkillRequest } from '../../src/skills';
import { requestFor, runHere } from '../../src/skills/testkit';
import { openBundled, readRepo, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

const outcome = (script: string, input?: unknown): SkillOutcome =>
  bundled.outcome('javascript', JSON.stringify({ script, ...(input === undefined ? {} : { input }) }));

function answer(script: string, input?: unknown): string {
  const ended = outcome(script, input);
  if (ended.kind !== 'ok') throw new Error(`${ended.kind}: ${ended.message}`);
  return fromUtf8(ended.output);
}

/** A run with other limits, seed, files, … */
function runWith(over: Partial<SkillRequest>): SkillOutcome {
  const { limits, sha256 } = bundled.manifest.find(({ name }) => name === 'javascript')!;
  return runHere(requestFor(readRepo(`public/skills/${sha256}.wasm`), { abi: 'quickjs', limits, ...over }));
}
const envelope = (script: string) => utf8(JSON.stringify({ script }));
const VIRTUAL =
  '[Date.now(), new Date().toString(), new Date(2020, 6, 2).getTimezoneOffset(), Math.random(), Math.random()]';

describe('javascript', () => {
  test('the module is the one of the package, unmodified', () => {
    const { sha256 } = bundled.manifest.find(({ name }) => name === 'javascript')!;
    const original = readRepo('node_modules/@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm');
    expect(readRepo(`public/skills/${sha256}.wasm`).equals(original)).toBe(true);
  });

  test.each([
    ['a number', 'const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); fib(20)', undefined, '6765'],
    ['a text, as it is', '"a\\u0000\\u00e9😀" + input', '!', 'a\u0000é😀!'],
    ['JSON', '({ sum: input.reduce((a, b) => a + b), list: [null, true] })', [1, 2, 3], '{"sum":6,"list":[null,true]}'],
    [
      'a function, called with the input',
      '(input) => input.__proto__ + input.b',
      JSON.parse('{"__proto__":1,"b":2}'),
      '3',
    ],
    ['a promise, waited for', 'async (n) => { await null; return n + (await Promise.resolve(1)); }', 4, '5'],
    [
      'nothing of a browser or of Node',
      '[typeof fetch, typeof require, typeof std, typeof os, typeof WebAssembly].join()',
      undefined,
      'undefined,undefined,undefined,undefined,undefined',
    ],
    [
      'an error of the stack that a script may catch',
      'const f = () => 1 + f(); try { f() } catch (e) { String(e) }',
      undefined,
      'InternalError: stack overflow',
    ],
  ])('answers %s', (_, script, input, expected) => {
    expect(answer(script, input)).toBe(expected);
  });

  test('answers bytes as they are', () => {
    const ended = outcome('const a = new Uint8Array([1, 0, 255, 7]); a.subarray(1, 3)');
    expect(ended.kind === 'ok' && [...ended.output]).toEqual([0, 255]);
  });

  test.each([
    ['what it throws', '\n\nthrow new TypeError("no")', 'TypeError: no (line 3)'],
    ['syntax', 'let a = 1;\nlet b = ;', "SyntaxError: unexpected token in expression: ';' (line 2)"],
    ['a thrown value', 'throw { code: 5 }', 'threw {"code":5}'],
    [
      'a hostile error',
      'const e = new Error(); Object.defineProperty(e, "name", { get() { throw 1; } }); throw e',
      'threw what cannot be shown',
    ],
    ['a rejection', 'Promise.reject(new RangeError("far"))', 'RangeError: far (line 1)'],
    ['a promise for ever', 'new Promise(() => {})', 'Error: the script waits for a promise that never settles'],
    ['no result', 'undefined', 'Error: the script has no result: its last value is undefined'],
    ['a module', 'import("fs")', "ReferenceError: could not load module 'fs'"],
    ['too long a text', '"x".repeat(1e9)', 'InternalError: out of memory (line 1)'],
  ])('%s ends with a message', (_, script, message) => {
    const ended = outcome(script);
    expect([ended.kind, ended.kind !== 'ok' && ended.message.split('\n')[0]]).toEqual(['exit', message]);
  });

  test.each([
    ['no JSON', 'fib(3)'],
    ['no script', '{"input":1}'],
    ['another key', '{"script":"1","x":2}'],
    ['null', 'null'],
  ])('an input with %s is refused', (_, input) => {
    expect(bundled.outcome('javascript', input)).toMatchObject({
      kind: 'exit',
      message: expect.stringContaining('must be JSON') as string,
    });
  });

  test.each([
    ['to no JSON', 'JSON.stringify = () => "x"; 1'],
    ['to no text', 'JSON.stringify = () => 5; 1'],
    ['to nothing', 'JSON = undefined; 1'],
    ['and its log', 'console.log(1); Array.prototype.toJSON = () => 5; JSON.stringify = () => "{}"; 1'],
  ])('a script that changes how results are written %s breaks only itself, each time alike', (_, script) => {
    const { ms: _a, ...ended } = outcome(script);
    const { ms: _b, ...again } = outcome(script);
    expect(['bad_output', 'exit']).toContain(ended.kind);
    expect(again).toEqual(ended);
  });

  test('time and chance are the order’s: equal on two runs, other for another seed or time', () => {
    const input = envelope(VIRTUAL);
    const first = runWith({ input });
    const { ms: _a, ...same } = first;
    const { ms: _b, ...again } = runWith({ input });
    expect(first.kind).toBe('ok');
    expect(again).toEqual(same);
    const values = (ended: SkillOutcome) =>
      JSON.parse(fromUtf8(ended.kind === 'ok' ? ended.output : utf8('[]'))) as unknown[];
    const [time, text, zone, one, two] = values(first);
    expect([text, zone]).toEqual(['Thu Jan 01 2026 00:00:00 GMT+0000', 0]);
    expect(Math.abs(Number(time) - Date.UTC(2026, 0, 1))).toBeLessThan(1_000);
    expect(one).not.toBe(two);
    expect(values(runWith({ input, seed: '01'.repeat(32) }))[3]).not.toBe(one);
    expect(values(runWith({ input, now: 0 }))[1]).toBe('Thu Jan 01 1970 00:00:00 GMT+0000');
  });

  test('an endless loop ends by its gas, and a memory bomb by its memory', () => {
    const { limits } = bundled.manifest.find(({ name }) => name === 'javascript')!;
    const brief = { ...limits, gas: 200_000_000 };
    expect(runWith({ input: envelope('for (;;);'), limits: brief })).toMatchObject({
      kind: 'out_of_gas',
      gas: brief.gas,
    });
    const small = { ...limits, memoryPages: 320 };
    const bomb = 'const a = []; for (;;) a.push(new Array(10000).fill(1));';
    expect(runWith({ input: envelope(bomb), limits: small })).toMatchObject({
      kind: 'exit',
      message: expect.stringContaining('out of memory') as string,
    });
    expect(runWith({ input: envelope(`try { ${bomb} } catch { "still here" }`), limits: small }).kind).toBe('ok');
  });

  test('a script as a file has its input as text and bytes, and what it logs is kept', () => {
    const files = { 'main.js': utf8('console.log("got", bytes.length, { a: 1 }); input.toUpperCase()') };
    const ended = runWith({ input: utf8('naïve'), files, grants: ['log'] });
    expect(ended).toMatchObject({ kind: 'ok', output: utf8('NAÏVE'), logs: ['got 6 {"a":1}'] });
    const binary = runWith({ input: Uint8Array.of(0xff, 2), files: { 'main.js': utf8('typeof input + bytes[0]') } });
    expect(binary).toMatchObject({ kind: 'ok', output: utf8('undefined255') });
  });

  test('an answer past the limit is refused', () => {
    const { limits } = bundled.manifest.find(({ name }) => name === 'javascript')!;
    const ended = runWith({ input: envelope('"x".repeat(1000)'), limits: { ...limits, outputBytes: 999 } });
    expect(ended).toMatchObject({ kind: 'bad_output' });
  });
});
