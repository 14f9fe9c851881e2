import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzInstrumenter } from '../testing/fuzz';

test('50,000 mutated modules are refused by rule and byte, or come out valid', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const tally = fuzzInstrumenter(seed, 10_000);
      expect(tally.modules).toBe(10_000);
      // They are near enough to valid ones that a good part gets through, and far enough that most do not.
      expect(tally.instrumented).toBeGreaterThan(500);
      expect(tally.invalid).toBeGreaterThan(500);
      expect(Object.keys(tally.refused).length).toBeGreaterThan(8);
    }),
    { numRuns: 5, endOnFailure: true },
  );
});
