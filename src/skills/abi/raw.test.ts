import { describe, expect, test } from 'vitest';
import { concat, fromHex, fromUtf8, sha256, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { GAS_PER_SECOND } from '../../protocol/run-limits';
import { priceOf } from '../price';
import { runHere } from '../testkit';
import type { SkillOutcome } from '../types';
import type { Link } from './host';
import { rawWat, watRequest } from './testing/wat';

const WORLD = ['memory.read', 'memory.write', 'http.fetch', 'mesh.send'];
/** Asks `name` with its input, answers the errno or length as 4 bytes and then what `result` gives. */
const asking = (name: string) =>
  rawWat(
    `(i32.store (i32.const 0) (call $${name} (local.get $p) (local.get $n)))
     (call $pack (i32.const 0) (i32.add (i32.const 4) (call $result (i32.const 4) (i32.const 900))))`,
    [name, 'result'],
  );
function ask(name: string, input: string | Uint8Array, over: object = {}, link: Partial<Link> = {}) {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  const outcome = runHere(watRequest(asking(name), { input: bytes, grants: [name], ...over }), link);
  if (outcome.kind !== 'ok') throw new Error(outcome.kind);
  const { output } = outcome;
  return { errno: new DataView(output.buffer).getInt32(0, true), result: output.slice(4), outcome };
}

describe('capabilities within the run', () => {
  test('log', () => {
    expect(ask('log', 'a line').outcome.logs).toEqual(['a line']);
    expect(ask('log', Uint8Array.of(0x61, 0xff)).outcome.logs).toEqual(['a\ufffd']);
  });

  test('a log is bounded', () => {
    const text = rawWat(
      '(local $i i32) (loop $l (drop (call $log (i32.const 0) (i32.const 100))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000)))) (i64.const 0)',
      ['log'],
    );
    const outcome = runHere(watRequest(text, { grants: ['log'] }));
    expect(outcome.kind === 'ok' && outcome.logs.length).toBe(Math.floor(LIMITS.skillLogBytes / 100));
  });

  test('progress leaves the run, and is bounded', () => {
    const told: unknown[] = [];
    const progress: Link['progress'] = (permille, note) => told.push([permille, note]);
    expect(ask('progress', '250 a quarter', {}, { progress }).errno).toBe(0);
    expect(ask('progress', '1000', {}, { progress }).errno).toBe(0);
    for (const wrong of ['1001', '-1', 'x', '', '5x']) expect(ask('progress', wrong, {}, { progress }).errno).toBe(-28);
    expect(told).toEqual([
      [250, 'a quarter'],
      [1000, ''],
    ]);
  });

  test('the clock starts with the order and runs on gas', () => {
    const now = Date.UTC(2026, 0, 1);
    const { result, outcome } = ask('clock', '', { now });
    const passed = new DataView(result.buffer).getBigUint64(0, true) - BigInt(now) * 1_000_000n;
    expect(passed).toBeGreaterThan(0n);
    expect(passed).toBeLessThanOrEqual((BigInt(outcome.gas) * 1_000_000_000n) / BigInt(GAS_PER_SECOND));
  });

  test('randomness is the stream that the documentation says', () => {
    const seed = '0f'.repeat(32);
    const block = (i: number) =>
      sha256(concat(utf8('sovereign-random/1\n'), fromHex(seed)!, Uint8Array.of(i, 0, 0, 0, 0, 0, 0, 0)));
    const count = Uint8Array.of(40, 0, 0, 0);
    expect(ask('random', count, { seed }).result).toEqual(concat(block(0), block(1)).slice(0, 40));
    for (const wrong of [new Uint8Array(3), Uint8Array.of(1, 0, 1, 0)]) expect(ask('random', wrong).errno).toBe(-28);
  });

  test('configuration', () => {
    const args = ['a=1', 'b=x=y', 'c'];
    expect(fromUtf8(ask('config', 'b', { args }).result)).toBe('x=y');
    for (const none of ['c', 'x', '']) expect(ask('config', none, { args }).errno).toBe(-44);
  });

  test.each(['log', 'progress', 'clock', 'random', 'config', ...WORLD])(
    '%s without its grant is refused at the door',
    (name) => {
      expect(() => ask(name, '', { grants: [] })).toThrow(expect.objectContaining({ code: 'import_not_granted' }));
    },
  );
});

describe('the world', () => {
  const call: Link['call'] = (name, request) => ({ response: concat(utf8(`${name}:`), request) });

  test.each(WORLD.filter((name) => name !== 'http.fetch'))('%s is asked, answered and recorded', (name) => {
    const { result, outcome } = ask(name, 'what', {}, { call });
    expect(fromUtf8(result)).toBe(`${name}:what`);
    expect(outcome.calls).toEqual([{ name, request: utf8('what'), response: utf8(`${name}:what`) }]);
  });

  test('http.fetch asks granted hosts only, over HTTPS only', () => {
    const fetch = (url: unknown, grants = ['http.fetch:example.org']) =>
      ask('http.fetch', JSON.stringify({ url }), { grants }, { call }).errno;
    expect(fetch('https://example.org/a?b')).toBeGreaterThan(0);
    const others = [
      'https://example.com/',
      'https://a.example.org/',
      'https://example.org:8443/',
      'http://example.org/',
      'https://example.org@evil.example/',
      'file:///x',
      'x',
      7,
      null,
    ];
    for (const url of others) expect([url, fetch(url)]).toEqual([url, -2]);
    expect(ask('http.fetch', 'no JSON', { grants: ['http.fetch:example.org'] }, { call }).errno).toBe(-2);
  });

  test('an error of the world is −29, and its words can be read', () => {
    const { errno, result, outcome } = ask('memory.read', 'k', {}, { call: () => ({ error: 'not now' }) });
    expect([errno, fromUtf8(result)]).toEqual([-29, 'not now']);
    expect(outcome.calls).toEqual([{ name: 'memory.read', request: utf8('k'), error: 'not now' }]);
  });

  test('no world is an error like any other', () => {
    expect(fromUtf8(ask('mesh.send', 'hello').result)).toBe('no world is attached');
  });

  test('a replay answers from the record, and is equal to the last unit of gas', () => {
    for (const world of [call, () => ({ error: 'not now' })]) {
      const { outcome } = ask('memory.read', 'k', {}, { call: world });
      const again = ask('memory.read', 'k', { calls: outcome.calls }, { call: () => ({ error: 'asked' }) });
      expect({ ...again.outcome, ms: 0 }).toEqual({ ...outcome, ms: 0 });
    }
  });

  test.each([
    [
      'another name',
      [{ name: 'mesh.send', request: utf8('k'), response: utf8('') }],
      'call 1 is for memory.read, and in the record for mesh.send',
    ],
    [
      'another request',
      [{ name: 'memory.read', request: utf8('K'), response: utf8('') }],
      'call 1, memory.read, asks for something else',
    ],
    ['no call', [], 'it asked for memory.read, and the record has only 0 calls'],
    [
      'one call more',
      [1, 2].map(() => ({ name: 'memory.read', request: utf8('k'), response: utf8('') })),
      'it asked the world 1 times, and the record has 2 calls',
    ],
  ])('a record with %s fails with the first difference', (_, calls, message) => {
    const request = watRequest(asking('memory.read'), { input: utf8('k'), grants: ['memory.read'], calls });
    expect(runHere(request)).toMatchObject({ kind: 'host_fault', reason: 'replay', message });
  });
});

describe('limits of a run', () => {
  const two = rawWat(
    '(drop (call $log (i32.const 0) (i32.const 10))) (drop (call $log (i32.const 0) (i32.const 10))) (i64.const 0)',
    ['log'],
  );
  const run = (over: object): SkillOutcome => {
    const request = watRequest(two, { grants: ['log'] });
    return runHere({ ...request, limits: { ...request.limits, ...over } });
  };

  test('calls and bytes of the host', () => {
    expect(run({})).toMatchObject({ kind: 'ok', hostCalls: 2, hostBytes: 20 });
    expect(run({ hostCalls: 1 })).toMatchObject({ kind: 'trap', message: 'it called its host more than 1 times' });
    expect(run({ hostBytes: 19 })).toMatchObject({
      kind: 'trap',
      message: 'it moved more than 19 bytes to and from its host',
    });
  });

  test('one unit of gas less than it takes is out of gas', () => {
    const outcome = run({});
    if (outcome.kind !== 'ok') throw new Error(outcome.kind);
    expect(run({ gas: outcome.gas })).toMatchObject({ kind: 'ok', gas: outcome.gas, price: priceOf(outcome.gas) });
    expect(run({ gas: outcome.gas - 1 })).toMatchObject({ kind: 'out_of_gas', gas: outcome.gas - 1 });
  });

  test('a budget refuses before, and stops during a run', () => {
    const request = watRequest(two, { grants: ['log'] });
    const { price } = runHere(request) as { price: number };
    expect(runHere({ ...request, budget: price })).toMatchObject({ kind: 'ok', price });
    expect(runHere({ ...request, budget: price - 1 })).toMatchObject({ kind: 'out_of_gas', price: price - 1 });
    expect(() => runHere({ ...request, budget: 0 })).toThrow(expect.objectContaining({ code: 'budget_exhausted' }));
  });

  test('a second costs 50 IPPC', () => {
    expect([priceOf(GAS_PER_SECOND), priceOf(1), priceOf(0)]).toEqual([50_000_000, 1, 0]);
  });

  test.each([
    ['a seed that is no seed', { seed: 'ab' }],
    ['a clock of fractions', { now: 0.5 }],
    ['a negative budget', { budget: -1 }],
    ['an argument with a zero', { args: ['a\0'] }],
    ['a file outside', { files: { '../x': new Uint8Array() } }],
    ['a file at the root', { files: { '/x': new Uint8Array() } }],
  ])('%s is a bad request', (_, over) => {
    expect(() => runHere(watRequest(two, { grants: ['log'], ...over }))).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
  });
});
