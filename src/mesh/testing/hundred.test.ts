import { expect, test } from 'vitest';
import { runHundred } from './hundred';

test('twelve nodes find each other over one relay, a broadcast reaches all, and after four went it reaches the rest', async () => {
  const figures = await runHundred({ nodes: 12, killed: 4, broadcasts: 3 });
  expect(figures.links.fewest).toBeGreaterThanOrEqual(4);
  expect(figures.survivors).toBe(8);
  expect(figures.heardAfterwards).toEqual([7, 7, 7]);
}, 180_000);
