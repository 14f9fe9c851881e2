import { beforeAll, describe, expect, test } from 'vitest';
import { base64, fromUtf8, sha256Hex, utf8 } from '../../crypto';
import type { SkillOutcome, SkillRequest } from '../types';
import { requestFor, runHere } from '../testkit';
import type { Link } from './host';
import { ExtismMemory } from './extism-memory';
import { compilePlugin } from './testing/plugin';
import { wat } from './testing/wat';

let plugin: Uint8Array;
beforeAll(async () => {
  plugin = await compilePlugin();
});

const call = (entry: string, over: Partial<SkillRequest> = {}, link: Partial<Link> = {}): SkillOutcome =>
  runHere(requestFor(plugin, { abi: 'extism', entry, ...over }), link);
const textOf = (outcome: SkillOutcome) => outcome.kind === 'ok' && fromUtf8(outcome.output);

describe('a plugin built with @extism/as-pdk', () => {
  test('reads its input and answers', () => {
    expect(textOf(call('count_vowels', { input: utf8('Hello, World') }))).toBe('{"count":3}');
  });

  test('twice the same: output, gas, memory', () => {
    const [a, b] = [call('count_vowels'), call('count_vowels')].map(({ ms: _, ...rest }) => rest);
    expect(a).toEqual(b);
    expect(a).toMatchObject({ hostCalls: 0, memorySha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  test.each([0, 1, 7, 8, 9, 1_000])('%i bytes come back as they went in', (length) => {
    const input = Uint8Array.from({ length }, (_, i) => i * 7);
    const outcome = call('echo', { input });
    expect(outcome.kind === 'ok' && sha256Hex(outcome.output)).toBe(sha256Hex(input));
  });

  test('configuration, variables, log', () => {
    const outcome = call('settings', { args: ['greeting=Hello=you'], grants: ['log'] });
    expect(textOf(outcome)).toBe('Hello=you,kept');
    expect(outcome).toMatchObject({ logs: ['a note'] });
  });

  test('without the grant the log is dropped, and all else is the same', () => {
    expect(call('settings')).toMatchObject({ kind: 'ok', logs: [], output: utf8('none,kept') });
  });

  test('an error that it sets is an exit with its words', () => {
    expect(call('fails')).toMatchObject({ kind: 'exit', message: 'it does not work' });
  });

  test('a trap is a trap', () => {
    expect(call('traps')).toMatchObject({ kind: 'trap', message: 'unreachable' });
  });

  test('HTTP goes to a granted host, is recorded, and is replayed without a world', () => {
    const asked: { name: string; request: unknown }[] = [];
    const world: Link['call'] = (name, request) => {
      asked.push({ name, request: JSON.parse(fromUtf8(request)) });
      return { response: utf8(JSON.stringify({ status: 201, headers: { a: 'b' }, body: base64(utf8('made')) })) };
    };
    const grants = ['http.fetch:api.example.org'];
    const outcome = call('fetches', { grants }, { call: world });
    expect(textOf(outcome)).toBe('201 made');
    const request = {
      method: 'GET',
      url: 'https://api.example.org/a',
      headers: { accept: 'text/plain' },
      body: base64(utf8('body')),
    };
    expect(asked).toEqual([{ name: 'http.fetch', request }]);
    if (outcome.kind !== 'ok') return;
    const again = call('fetches', { grants, calls: outcome.calls });
    expect({ ...again, ms: 0 }).toEqual({ ...outcome, ms: 0 });
    const other = [{ ...outcome.calls[0]!, request: utf8('{}') }];
    expect(call('fetches', { grants, calls: other })).toMatchObject({ kind: 'host_fault', reason: 'replay' });
  });

  test('HTTP to another host, or with no grant, is a trap, and nothing is asked', () => {
    const world: Link['call'] = () => {
      throw new Error('asked');
    };
    for (const grants of [[], ['http.fetch:example.org']])
      expect(call('fetches', { grants }, { call: world })).toMatchObject({ kind: 'trap', calls: [] });
  });

  test('an entry that is not there is refused', () => {
    expect(() => call('nothing')).toThrow(expect.objectContaining({ code: 'missing_export' }));
  });
});

describe('the kernel’s memory', () => {
  const env = (imports: string, body: string) =>
    wat(`(module ${imports} (memory (export "memory") 1) (func (export "run") (result i32) ${body}))`);
  const run = (module: Uint8Array, over: Partial<SkillRequest> = {}) =>
    runHere(requestFor(module, { abi: 'extism', ...over }));
  const ALLOC = '(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))';
  const OUTPUT = '(import "extism:host/env" "output_set" (func $output (param i64 i64)))';

  test.each([
    ['an offset of 2^64−1', '(i64.const -1) (i64.const 1)'],
    ['a length of 2^32−1', '(i64.const 16) (i64.const 0xffffffff)'],
    ['a length of 2^64−1', '(i64.const 0) (i64.const -1)'],
    ['an offset that was never allocated', '(i64.const 4096) (i64.const 8)'],
  ])('an output at %s is bad output', (_, at) => {
    expect(run(env(OUTPUT, `(call $output ${at}) (i32.const 0)`))).toMatchObject({ kind: 'bad_output' });
  });

  test('reads outside are zero and writes outside do nothing, as in Extism', () => {
    const imports = `(import "extism:host/env" "load_u64" (func $load (param i64) (result i64)))
      (import "extism:host/env" "store_u64" (func $store (param i64 i64)))`;
    const body = '(call $store (i64.const -9) (i64.const 5)) (i32.wrap_i64 (call $load (i64.const -9)))';
    expect(run(env(imports, body))).toMatchObject({ kind: 'ok', output: new Uint8Array() });
  });

  test('it is bounded like the plugin’s own memory: past the limit there is no block', () => {
    const body = '(i32.eqz (i64.eqz (call $alloc (i64.const 1048577))))';
    expect(run(env(ALLOC, body))).toMatchObject({ kind: 'ok' });
    expect(run(env(ALLOC, '(i32.eqz (i64.eqz (call $alloc (i64.const 65536))))'))).toMatchObject({ kind: 'exit' });
  });

  test('allocating without end is paid for', () => {
    const body = '(loop $l (drop (call $alloc (i64.const 100000))) (br $l)) (i32.const 0)';
    expect(run(env(ALLOC, body))).toMatchObject({ kind: 'out_of_gas' });
    expect(run(env(ALLOC, '(drop (call $alloc (i64.const -1))) (i32.const 0)'))).toMatchObject({ kind: 'out_of_gas' });
  });

  test('a freed block is used again, and is zero', () => {
    const memory = new ExtismMemory(1_000);
    const first = memory.put(utf8('secret'));
    memory.free(first);
    memory.free(first);
    expect([memory.length(first), memory.alloc(7)]).toEqual([0, first]);
    expect(memory.block(first)).toEqual(new Uint8Array(7));
    expect(memory.alloc(8)).not.toBe(first);
    expect([memory.alloc(0), memory.alloc(1_000), memory.length(3)]).toEqual([0, 0, 0]);
  });
});
