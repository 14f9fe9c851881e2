import { expect, test } from 'vitest';
import fc from 'fast-check';
import { FairQueue } from './queue';

test('everything comes out once, in its principal’s order, and nobody waits for more than one item of each other', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }), (principals) => {
      const queue = new FairQueue<{ principal: string; i: number }>();
      principals.forEach((principal, i) => queue.push(principal, { principal, i }));
      const out: { principal: string; i: number }[] = [];
      for (let item = queue.shift(); item; item = queue.shift()) out.push(item);
      expect([queue.size, out.length]).toEqual([0, principals.length]);
      for (const name of ['a', 'b', 'c']) {
        const own = out.filter(({ principal }) => principal === name).map(({ i }) => i);
        expect(own).toEqual([...own].sort((x, y) => x - y));
        // Between two of his, at most one of each other.
        const places = out.flatMap(({ principal }, at) => (principal === name ? [at] : []));
        places.slice(1).forEach((at, k) => expect(at - places[k]!).toBeLessThanOrEqual(3));
      }
    }),
  );
});

test('what is put back comes first; what is removed does not come', () => {
  const queue = new FairQueue<string>();
  queue.push('a', 'a1');
  queue.push('a', 'a2');
  queue.push('b', 'b1');
  const first = queue.shift()!;
  queue.putBack('a', first);
  queue.remove('a', 'a2');
  queue.remove('a', 'not there');
  expect([[...queue], queue.waiting('a'), queue.shift(), queue.shift(), queue.shift()]).toEqual([
    ['a1', 'b1'],
    1,
    'a1',
    'b1',
    undefined,
  ]);
});
