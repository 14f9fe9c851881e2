import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../crypto';
import { instrument, METERING, METERING_EXPORTS } from './index';

interface Vectors {
  version: string;
  weights: number;
  initialGas: number;
  memoryPages: number;
  tableEntries: number;
  modules: {
    title: string;
    wasm: string;
    calls: { call: string; args: number[]; outcome: string; result: number | null; gas: number }[];
  }[];
}

const file = new URL('../../../docs/vectors/metering.json', import.meta.url);
const { version, weights, initialGas, memoryPages, tableEntries, modules } = JSON.parse(
  readFileSync(file, 'utf8'),
) as Vectors;
/** What docs/metering.md calls it, by `__sovereign_why`. */
const ENDS = ['trap', 'out_of_gas', 'stack_overflow', 'host_fault'];

test('the vectors are of this version', () => {
  expect({ version, weights }).toEqual(METERING);
});

describe.each(['fast', 'reference'] as const)('docs/vectors/metering.json, %s', (mode) => {
  test.each(modules)('$title', ({ wasm, calls }) => {
    const options = { memoryPages, tableEntries, mode, initialGas: BigInt(initialGas) };
    const module = new WebAssembly.Module(instrument(fromHex(wasm)!, options).wasm);
    for (const expected of calls) {
      const { exports } = new WebAssembly.Instance(module);
      const gas = exports[METERING_EXPORTS.gas] as WebAssembly.Global;
      const why = exports[METERING_EXPORTS.why] as WebAssembly.Global;
      let outcome = 'ok';
      let result: number | null = null;
      try {
        result = (exports[expected.call] as (...args: number[]) => number | undefined)(...expected.args) ?? null;
      } catch {
        outcome = ENDS[why.value as number]!;
      }
      if ((gas.value as bigint) < 0n) [outcome, result] = ['out_of_gas', null];
      const used = outcome === 'ok' ? initialGas - Number(gas.value) : initialGas;
      expect({ ...expected, outcome, result, gas: used }).toEqual(expected);
    }
  });
});
