import { expect, test } from 'vitest';
import { runHundred } from './hundred';

test('a broadcast reaches all of twenty nodes over one relay, and the other fourteen after six of them died at once', async () => {
  const figures = await runHundred({ nodes: 20, killed: 6, broadcasts: 2, patienceMs: 30_000 });
  expect(figures.links.fewest).toBeGreaterThanOrEqual(5);
  expect(figures.before.heard).toEqual([19, 19]);
  expect(figures.survivors).toBe(14);
  expect(figures.after.heard).toEqual([13, 13]);
}, 1_200_000);
