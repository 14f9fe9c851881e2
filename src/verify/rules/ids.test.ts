import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable } from './ids';

test('a table of ids is a map', () => {
  const ids = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat()), { maxLength: 3000 });
  fc.assert(
    fc.property(ids, (list) => {
      const table = new IdTable(2);
      const model = new Map<string, number>();
      for (const [id, value] of list) {
        expect(table.has(id)).toBe(model.has(id));
        expect(table.get(id)?.[0]).toBe(model.get(id));
        table.add(id).set([value, ~value]);
        model.set(id, value);
      }
      expect(table.size).toBe(model.size);
      for (const [id, value] of model) expect([...table.get(id)!]).toEqual([value, ~value >>> 0]);
    }),
    { numRuns: 20 },
  );
});

test('a hundred thousand ids stay apart while it grows', () => {
  const table = new IdTable(1);
  for (let i = 0; i < 100_000; i++) table.add(`order-${i}`)[0] = i;
  expect(table.size).toBe(100_000);
  for (let i = 0; i < 100_000; i += 997) expect(table.get(`order-${i}`)?.[0]).toBe(i);
  expect(table.has('order-100000')).toBe(false);
});
