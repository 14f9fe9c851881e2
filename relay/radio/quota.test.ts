import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holderOf, Quota, siteOf } from './quota';

test('never more than allowed in all and each, and everything that is given back can be taken again', () => {
  const step = fc.record({ who: fc.constantFrom('a', 'b', 'c'), give: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const quota = new Quota(5, 2);
      const held = new Map<string, (() => void)[]>([
        ['a', []],
        ['b', []],
        ['c', []],
      ]);
      for (const { who, give } of steps) {
        const mine = held.get(who)!;
        if (give) {
          const back = mine.pop();
          back?.();
          back?.();
        } else {
          const all = [...held.values()].flat().length;
          const taken = quota.take(who);
          expect(taken !== undefined).toBe(all < 5 && mine.length < 2);
          if (taken) mine.push(taken);
        }
        expect(quota.total).toBe([...held.values()].flat().length);
      }
    }),
  );
});

test('an IPv6 network of one customer is one holder', () => {
  expect(holderOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(holderOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
  expect(holderOf('2001:0db8:0001:0002:ffff::')).toBe('2001:db8:1:2::/64');
  expect(holderOf('::1')).toBe('0:0:0:0::/64');
  expect(holderOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(holderOf('192.0.2.1')).toBe('192.0.2.1');
  expect(holderOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
});

test('and all networks of one site are one', () => {
  expect(siteOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48');
  expect(siteOf('2001:db8:1:ffff::9')).toBe('2001:db8:1::/48');
  expect(siteOf('192.0.2.1')).toBe('192.0.2.1');
});
