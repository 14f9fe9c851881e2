/** A skill does its worst. Each ends in a typed outcome that is the same each time, and none hurts its host. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../protocol/limits';
import { sha256Hex } from '../../crypto';
import { runHere } from '../testkit';
import { rawWat, watRequest } from './testing/wat';

const EMPTY = sha256Hex(new Uint8Array());
/** Twice, to see that it is no accident. */
function attack(text: string, over: Parameters<typeof watRequest>[1] = {}) {
  const request = watRequest(text, over);
  const outcomes = [runHere(request), runHere(request)].map(({ ms: _, ...outcome }) => outcome);
  expect(outcomes[0]).toEqual(outcomes[1]);
  return outcomes[0]!;
}
const limits = (over: object) => ({ limits: { ...watRequest(rawWat('(i64.const 0)')).limits, ...over } });
const whole = { gas: LIMITS.skillGas, memorySha256: EMPTY };

describe('endless work ends by its gas', () => {
  test.each([
    ['an infinite loop', '(loop $l (br $l)) (i64.const 0)'],
    [
      'an infinite loop around 64 MiB memory.fill',
      '(drop (memory.grow (i32.const 1020))) (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864)) (br $l)) (i64.const 0)',
    ],
    [
      'an infinite loop around memory.copy',
      '(drop (memory.grow (i32.const 1020))) (loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 67108863)) (br $l)) (i64.const 0)',
    ],
    [
      'an infinite loop of divisions',
      '(local $x i64) (loop $l (local.set $x (i64.div_u (i64.const 1234567890123) (i64.add (local.get $x) (i64.const 7)))) (br $l)) (i64.const 0)',
    ],
    [
      'an infinite loop of loads all over the memory',
      '(local $x i32) (drop (memory.grow (i32.const 1020))) (loop $l (local.set $x (i32.and (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.load8_u (local.get $x))) (i32.const 0x3ffffff))) (br $l)) (i64.const 0)',
    ],
  ])('%s', (_, body) => {
    expect(attack(rawWat(body), limits({ memoryPages: 1024 }))).toMatchObject({ kind: 'out_of_gas', ...whole });
  });

  test('an infinite loop in the start function', () => {
    const text = rawWat('(i64.const 0)', [], '(func $s (loop $l (br $l))) (start $s)');
    expect(attack(text)).toMatchObject({ kind: 'out_of_gas', ...whole });
  });

  test('an infinite loop of host calls', () => {
    const text = rawWat('(loop $l (drop (call $random (i32.const 0) (i32.const 4))) (br $l)) (i64.const 0)', [
      'random',
    ]);
    const over = { ...limits({ hostCalls: LIMITS.skillMaxHostCalls }), grants: ['random'] };
    expect(attack(text, over)).toMatchObject({ kind: 'out_of_gas', ...whole });
  });

  test('a call that costs more than is left does not act', () => {
    const body =
      '(i32.store (i32.const 0) (i32.const 65536)) (drop (call $random (i32.const 0) (i32.const 4))) (i64.const 0)';
    const over = { ...limits({ gas: 500_000 }), grants: ['random'] };
    expect(attack(rawWat(body, ['random']), over)).toMatchObject({ kind: 'out_of_gas', hostBytes: 4 });
  });
});

describe('memory', () => {
  test('growth to the cap stops at the cap', () => {
    const body =
      '(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (call $pack (i32.const 0) (i32.mul (memory.size) (i32.const 8)))';
    const outcome = attack(rawWat(body), limits({ memoryPages: 40 }));
    expect(outcome).toMatchObject({
      kind: 'ok',
      output: new Uint8Array(320),
      memorySha256: sha256Hex(usedMemory(40)),
    });
  });

  test('a growth bomb at start gets no more than its limit', () => {
    const text = rawWat(
      '(call $pack (i32.const 0) (memory.size))',
      [],
      '(func $s (drop (memory.grow (i32.const 65000)))) (start $s)',
    );
    expect(attack(text)).toMatchObject({ kind: 'ok', output: new Uint8Array(4) });
  });
});

describe('recursion', () => {
  test.each([
    ['of itself', '(call $run (local.get $p) (local.get $n))', ''],
    [
      'through a table',
      '(call_indirect (type $t) (local.get $p) (local.get $n) (i32.const 0))',
      '(type $t (func (param i32 i32) (result i64))) (table 1 funcref) (elem (i32.const 0) $run)',
    ],
  ])('%s ends by the stack’s limit', (_, body, extra) => {
    expect(attack(rawWat(body, [], extra))).toMatchObject({ kind: 'stack_overflow', ...whole });
  });
});

describe('traps in every class', () => {
  test.each([
    ['unreachable', 'unreachable', ''],
    [
      'integer division by zero',
      '(i64.extend_i32_u (i32.div_u (i32.const 1) (i32.sub (local.get $n) (i32.const 5))))',
      '',
    ],
    [
      'integer division by zero',
      '(i64.rem_s (i64.const 1) (i64.sub (i64.extend_i32_u (local.get $n)) (i64.const 5)))',
      '',
    ],
    [
      'integer overflow',
      '(i64.div_s (i64.const -9223372036854775808) (i64.sub (i64.const 4) (i64.extend_i32_u (local.get $n))))',
      '',
    ],
    ['integer overflow', '(i64.trunc_f64_u (f64.const -1.5))', ''],
    ['access out of bounds', '(i64.load (i32.const -1))', ''],
    ['access out of bounds', '(memory.fill (i32.const 262143) (i32.const 0) (i32.const 2)) (i64.const 0)', ''],
    ['access out of bounds', '(drop (table.get 0 (i32.const 9))) (i64.const 0)', '(table 1 funcref)'],
    [
      'access out of bounds',
      '(call_indirect (type $t) (i32.const 9))',
      '(type $t (func (result i64))) (table 1 funcref)',
    ],
    [
      'indirect call to a wrong or missing function',
      '(call_indirect (type $t) (i32.const 0))',
      '(type $t (func (result i64))) (table 1 funcref)',
    ],
    [
      'indirect call to a wrong or missing function',
      '(call_indirect (type $t) (i32.const 0))',
      '(type $t (func (result i64))) (table 1 funcref) (elem (i32.const 0) $pack)',
    ],
  ])('%s', (message, body, extra) => {
    expect(attack(rawWat(body, [], extra))).toMatchObject({ kind: 'trap', message, ...whole });
  });

  test('a data segment that does not fit traps before the start', () => {
    const text = rawWat('(i64.const 0)', [], '(data (i32.const 262143) "ab")');
    expect(attack(text)).toMatchObject({ kind: 'trap', ...whole });
  });
});

describe('host calls with bad pointers', () => {
  // Each calls the host and answers its errno as four bytes.
  const tell = (call: string) => `(i32.store (i32.const 0) ${call}) (call $pack (i32.const 0) (i32.const 4))`;
  const FAULT = new Uint8Array(Int32Array.of(-21).buffer);
  test.each([
    ['a pointer past the end', 262_144, 1],
    ['a range that ends past the end', 262_143, 2],
    ['a length of 2^32−1', 0, -1],
    ['a pointer and a length of 2^32−1', -1, -1],
    ['a sum that wraps around', -8, 16],
  ])('%s is a fault', (_, pointer, length) => {
    for (const name of ['log', 'random', 'result']) {
      const call = tell(`(call $${name} (i32.const ${pointer}) (i32.const ${length}))`);
      const outcome = attack(rawWat(call, [name]), { grants: ['log', 'random'] });
      expect(outcome).toMatchObject({ kind: 'ok', output: FAULT, hostBytes: 0 });
    }
  });

  test('a request that overlaps its own result is read before it is written', () => {
    const body = `(i32.store (i32.const 0) (i32.const 64))
      (drop (call $random (i32.const 0) (i32.const 4)))
      (drop (call $result (i32.const 0) (i32.const 64)))
      (call $pack (i32.const 0) (i32.const 64))`;
    const outcome = attack(rawWat(body, ['random', 'result']), { grants: ['random'] });
    expect(outcome.kind === 'ok' && new Set(outcome.output).size).toBeGreaterThan(16);
  });
});

describe('output', () => {
  test.each([
    ['larger than allowed', '(call $pack (i32.const 0) (i32.const 1001))'],
    ['outside the memory', '(call $pack (i32.const 262144) (i32.const 1))'],
    ['of 2^32−1 bytes', '(call $pack (i32.const 0) (i32.const -1))'],
  ])('%s is bad output, and only what it used is charged', (_, body) => {
    const outcome = attack(rawWat(body));
    expect(outcome).toMatchObject({ kind: 'bad_output', memorySha256: sha256Hex(usedMemory(4)) });
    expect(outcome).not.toMatchObject({ gas: LIMITS.skillGas });
  });
});

/** So many pages, with the input where `alloc` puts it. */
function usedMemory(pages: number): Uint8Array {
  const memory = new Uint8Array(pages * 65_536);
  memory.set(watRequest(rawWat('(i64.const 0)')).input, 65_536);
  return memory;
}

test('a skill that never reads its input answers all the same', () => {
  expect(attack(rawWat('(i64.const 0)'), { input: new Uint8Array(100_000) })).toMatchObject({
    kind: 'ok',
    output: new Uint8Array(),
  });
});

test('re-entrance: the host calls nothing of a skill’s while it serves a call', () => {
  // `alloc` counts its calls at 8; the host asks for room once, for the input, whatever it answers later.
  const text = rawWat(
    `(i32.store (i32.const 0) (i32.const 1000)) (drop (call $random (i32.const 0) (i32.const 4)))
     (drop (call $result (i32.const 100) (i32.const 1000)))
     (call_indirect (type $t) (i32.const 0) (i32.const 4) (i32.const 0)) drop
     (call $pack (i32.const 8) (i32.const 1))`,
    ['random', 'result'],
    '(type $t (func (param i32 i32) (result i32))) (table (export "table") 1 funcref) (elem (i32.const 0) $random)',
  ).replace(
    '(i32.const 65536))',
    '(i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1))) (i32.const 65536))',
  );
  expect(attack(text, { grants: ['random'] })).toMatchObject({ kind: 'ok', output: Uint8Array.of(1), hostCalls: 3 });
});

test('a module that takes the metering’s names is refused', () => {
  const text = rawWat('(i64.const 0)', [], '(global (export "__sovereign_gas") (mut i64) (i64.const 0))');
  expect(() => runHere(watRequest(text))).toThrow(expect.objectContaining({ code: 'unsupported_feature' }));
});

test('shared memory, the way to a clock, is refused', () => {
  const refused = {
    code: 'unsupported_feature',
    details: expect.objectContaining({ rule: 'shared-memory' }) as object,
  };
  expect(() => runHere(watRequest('(module (memory (export "memory") 1 1 shared))'))).toThrow(
    expect.objectContaining(refused),
  );
});
