import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeBounds } from './time-bounds';

const seen = (witness: string, time: number) => ({ witness, time });
const heads = [
  { size: 10, seen: [seen('a', 100), seen('b', 250)] },
  { size: 20, seen: [seen('a', 200)] },
  { size: 30, seen: [seen('b', 300), seen('a', 310)] },
];

test('between the last sight without it and the first with it', () => {
  expect(timeBounds(25, heads)).toEqual({
    after: { witness: 'b', time: 250, size: 10 },
    before: { witness: 'b', time: 300, size: 30 },
  });
  expect(timeBounds(20, heads).after).toMatchObject({ size: 10 });
  expect(timeBounds(19, heads).before).toEqual({ witness: 'a', time: 200, size: 20 });
});

test('a witness who was shown an old head late is no bound', () => {
  expect(timeBounds(15, heads)).toMatchObject({ after: { witness: 'a', time: 100 }, before: { time: 200 } });
});

test('before the first sight, past the last one, and without any', () => {
  expect(timeBounds(0, heads)).toEqual({ after: undefined, before: { witness: 'a', time: 100, size: 10 } });
  expect(timeBounds(30, heads)).toEqual({ after: { witness: 'a', time: 310, size: 30 }, before: undefined });
  expect(timeBounds(5, [])).toEqual({ after: undefined, before: undefined });
});

test('the bounds never cross, and a later entry never has an earlier one', () => {
  const time = fc.nat(1_000);
  const head = fc.record({
    size: fc.integer({ min: 1, max: 50 }),
    seen: fc.array(fc.record({ witness: fc.constantFrom('a', 'b', 'c'), time }), { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(head, { maxLength: 8 }), fc.nat(50), (some, seq) => {
      const { after, before } = timeBounds(seq, some);
      if (after && before) expect(after.time).toBeLessThanOrEqual(before.time);
      if (after) expect(after.size).toBeLessThanOrEqual(seq);
      if (before) expect(before.size).toBeGreaterThan(seq);
      const next = timeBounds(seq + 1, some).before;
      if (next) expect(next.time).toBeGreaterThanOrEqual(before!.time);
    }),
  );
});
