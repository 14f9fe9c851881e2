/** How far a run goes on once its gas is used up: docs/metering.md, “Checks”. */
import { describe, expect, test } from 'vitest';
import { body, functionType, i32, moduleOf, name, section, vector } from '../testing/bytes';
import { instrument, METERING_EXPORTS } from './index';

const options = { memoryPages: 1, tableEntries: 1 };
const I32 = 0x7f;
const repeat = (count: number, code: readonly number[]): number[] => Array.from({ length: count }, () => code).flat();

/** A module that counts how often its function 0, `() → ()` of `weight` and more, runs; `run` is `code`, whose locals are one i32. */
function counting(weight: number, code: readonly number[]) {
  const leaf = [0x23, 0, ...i32(1), 0x6a, 0x24, 0, ...repeat(weight / 2, [0x41, 0, 0x45, 0x1a])];
  return moduleOf(
    section(1, vector([functionType([], []), functionType([I32], [])])),
    section(3, [2, 0, 1]),
    section(6, vector([[I32, 1, ...i32(0), 0x0b]])),
    section(
      7,
      vector([
        [...name('run'), 0, 1],
        [...name('count'), 3, 0],
      ]),
    ),
    section(10, vector([body([], leaf), body([], code)])),
  );
}

describe('a run without gas does not go on for long', () => {
  const PAST = 40_000_000;
  const gas = 5_000_000;
  test.each([
    ['dear functions, one after the other', 50_000, repeat(10_000, [0x10, 0]), 0],
    ['cheap functions, one after the other', 40, repeat(500_000, [0x10, 0]), 0],
    [
      'cheap functions, called where recursion returns',
      40,
      // if (n) run(n − 1); if (1) end: what comes then is charged only now
      [
        0x20,
        0,
        0x04,
        0x40,
        0x20,
        0,
        ...i32(1),
        0x6b,
        0x10,
        1,
        0x0b,
        ...i32(1),
        0x04,
        0x40,
        0x0b,
        ...repeat(20_000, [0x10, 0]),
      ],
      100,
    ],
  ])('%s', (_, weight, code, n) => {
    const { wasm } = instrument(counting(weight, code), { ...options, initialGas: BigInt(gas) });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
    expect(() => (exports['run'] as (n: number) => void)(n)).toThrow(WebAssembly.RuntimeError);
    expect((exports[METERING_EXPORTS.why] as WebAssembly.Global).value).toBe(1);
    const done = Number((exports['count'] as WebAssembly.Global).value) * (weight + 5);
    expect(done - gas).toBeLessThan(PAST);
  });
});
