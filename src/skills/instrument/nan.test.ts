/** Where the analysis of NaNs has to be careful: each of these fails if it is not. */
import { expect, test } from 'vitest';
import { body, functionType, i32, moduleOf, name, section, sleb, vector } from '../testing/bytes';
import { instrument } from './index';

const [I32, I64, F64, V128] = [0x7f, 0x7e, 0x7c, 0x7b];
const options = { memoryPages: 1, tableEntries: 1, initialGas: 1_000n };

/** What a function `() → i64` answers, plain and metered in both modes. */
function answers(locals: readonly number[], code: readonly number[]) {
  const plain = moduleOf(
    section(1, vector([functionType([], [I64])])),
    section(3, [1, 0]),
    section(7, vector([[...name('run'), 0, 0]])),
    section(10, vector([body(locals, code)])),
  );
  const run = (wasm: Uint8Array<ArrayBuffer>): bigint => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
    return BigInt.asUintN(64, (exports['run'] as () => bigint)());
  };
  const metered = (mode: 'fast' | 'reference') => run(instrument(plain, { ...options, mode }).wasm);
  return { plain: run(plain), fast: metered('fast'), reference: metered('reference') };
}

/** v128.const of one word, four times. */
const vectorOf = (word: number): number[] => [
  ...[0xfd, 12],
  ...Array.from({ length: 4 }, () => [word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >>> 24]).flat(),
];
const F32X4_ADD = [0xfd, 0xe4, 1];
const F64X2_ADD = [0xfd, 0xf0, 1];
const CONVERT_LOW_U = [0xfd, 0xff, 1];
const FIRST_I64 = [0xfd, 0x1d, 0];

test('a NaN of four lanes that arithmetic of two lanes takes is seen: two of them are one number there', () => {
  const sum = [...vectorOf(0x7fc1_2345), ...vectorOf(0), ...F32X4_ADD];
  const seen = answers([], [...sum, ...vectorOf(0), ...F64X2_ADD, ...FIRST_I64]);
  expect(seen.plain).toBe(0x7fc1_2345_7fc1_2345n);
  expect(seen.fast).toBe(0x7fc0_0000_7fc0_0000n);
  expect(seen.reference).toBe(seen.fast);
});

test('a number of two lanes is kept as it is in a local of four, of which one of its words is a NaN', () => {
  const bits = 0x41ef_ffff_ffe0_0000n;
  const code = [
    ...[...vectorOf(0xffff_ffff), ...CONVERT_LOW_U, 0x21, 0, 0x20, 0, ...FIRST_I64],
    ...[...vectorOf(0), ...vectorOf(0), ...F32X4_ADD, 0x21, 0],
  ];
  expect(answers([V128], code)).toEqual({ plain: bits, fast: bits, reference: bits });
});

test('a local that copies another’s bits, which are no number, hands them on as they are', () => {
  const [copy, source, round] = [0, 1, 2];
  const bits = 0x7ff8_0000_0001_2345n;
  const one = [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
  const code = [
    // At first the copy holds a number that arithmetic made; only the second round copies what the first has put.
    ...[...one, ...one, 0xa0, 0x21, copy],
    ...[0x03, 0x40, 0x20, source, 0x21, copy, 0x42, ...sleb(bits), 0xbf, 0x21, source],
    ...[0x20, round, ...i32(1), 0x6a, 0x22, round, ...i32(2), 0x48, 0x0d, 0, 0x0b],
    ...[0x20, copy, 0xbd],
  ];
  expect(answers([F64, F64, I32], code)).toEqual({ plain: bits, fast: bits, reference: bits });
});
