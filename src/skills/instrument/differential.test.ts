/** Random modules: plain, fast and reference agree in all that can be seen, and the two metered ones to the last unit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomModule } from '../testing/random-module';
import { runModule, type Run } from '../testing/run-module';
import { instrument, type MeteringOptions } from './index';

const PLENTY = 1n << 40n;
// More than they grow to: beyond the caps the plain module would go on.
const options = { memoryPages: 1_000, tableEntries: 10_000 };

function sameSeen(a: Run, b: Run): boolean {
  return a.seen.join('\n') === b.seen.join('\n') && Buffer.compare(a.memory, b.memory) === 0;
}

const metered = (bytes: Uint8Array, more: Partial<MeteringOptions>): WebAssembly.Module =>
  new WebAssembly.Module(instrument(bytes, { ...options, ...more }).wasm);

/** A metered run, fast and in reference mode. */
function both(bytes: Uint8Array): (limit: bigint) => { fast: Run; reference: Run } {
  const fast = metered(bytes, { mode: 'fast' });
  const reference = metered(bytes, { mode: 'reference' });
  return (limit) => ({ fast: runModule(fast, limit), reference: runModule(reference, limit) });
}

/** Plain and metered are told apart only where the start function traps: the plain module has no memory to look at then. */
function expectSameAsPlain(bytes: Uint8Array<ArrayBuffer>, metered: Run, seed: number): void {
  const plain = runModule(new WebAssembly.Module(bytes), 0n);
  expect(plain.seen, `seed ${seed}`).toEqual(metered.seen);
  if (plain.memory.length > 0) expect(Buffer.compare(plain.memory, metered.memory), `seed ${seed}`).toBe(0);
}

const cases = fc.record({ seed: fc.nat(), simd: fc.boolean() });

test('2,000 random modules behave as they did, and both modes charge the same', () => {
  let ended = 0;
  fc.assert(
    fc.property(cases, ({ seed, simd }) => {
      const bytes = randomModule(seed, { simd, hideNans: true });
      const { fast, reference } = both(bytes)(PLENTY);
      expectSameAsPlain(bytes, fast, seed);
      expect(reference.seen).toEqual(fast.seen);
      expect(sameSeen(fast, reference)).toBe(true);
      expect(reference.atCalls).toEqual(fast.atCalls);
      if (fast.ok) expect(reference.gas).toBe(fast.gas);
      if (fast.ok) ended += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(ended).toBeGreaterThan(500);
});

test('500 random modules whose NaNs can be seen give the same bits with and without the analysis of where they go', () => {
  fc.assert(
    fc.property(cases, ({ seed, simd }) => {
      const { fast, reference } = both(randomModule(seed, { simd, hideNans: false }))(PLENTY);
      expect(reference.seen).toEqual(fast.seen);
      expect(sameSeen(fast, reference)).toBe(true);
      if (fast.ok) expect(reference.gas).toBe(fast.gas);
    }),
    { numRuns: 500 },
  );
});

test('200 random modules with little gas: what ends in one mode ends in the other, and exactly what it used is enough', () => {
  fc.assert(
    fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ seed, simd }, share) => {
      const run = both(randomModule(seed, { simd, hideNans: true }));
      const used = run(PLENTY).fast;
      if (!used.ok) return;
      const some = BigInt(Math.floor(Number(used.gas) * share));
      for (const limit of [used.gas!, used.gas! - 1n, some]) {
        const { fast, reference } = run(limit);
        expect(fast.ok).toBe(limit >= used.gas!);
        expect(reference.ok).toBe(limit >= used.gas!);
        if (fast.ok) expect(reference.gas).toBe(fast.gas);
        if (!reference.ok) expect(reference.why).toBe(1);
      }
    }),
    { numRuns: 200 },
  );
});

test('200 random modules charge the same where nothing but gas is counted', () => {
  fc.assert(
    fc.property(cases, ({ seed, simd }) => {
      const bytes = randomModule(seed, { simd, hideNans: true });
      const gasOnly = runModule(metered(bytes, { gasOnly: true }), PLENTY);
      const { fast } = both(bytes)(PLENTY);
      expect(gasOnly.seen).toEqual(fast.seen);
      if (fast.ok) expect(gasOnly.gas).toBe(fast.gas);
      if (fast.ok) expect(gasOnly.atCalls).toEqual(fast.atCalls);
    }),
    { numRuns: 200 },
  );
});
