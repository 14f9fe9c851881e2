import type { Connection } from '@libp2p/interface';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { peerIdOf } from '../peer-id';
import { bestOf, isOurTurn, isUnused } from './choice';

const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf);

describe('whose turn it is', () => {
  test('of two peers it is one’s, and both know whose', () => {
    fc.assert(fc.property(peer, peer, (a, b) => a === b || isOurTurn(a, b) !== isOurTurn(b, a)));
  });

  test('in a crowd everybody has about half of the others to dial', () => {
    const crowd = Array.from({ length: 100 }, (_, i) => peerIdOf(new Uint8Array(32).fill(i * 2 + 1)));
    for (const self of crowd) {
      const turns = crowd.filter((other) => other !== self && isOurTurn(self, other)).length;
      expect(turns).toBeGreaterThan(20);
      expect(turns).toBeLessThan(80);
    }
  });
});

interface Link {
  relayed: boolean;
  leaving: boolean;
  dialledBy: 'a' | 'b';
  opened: number;
}
const asSeenBy = (self: 'a' | 'b', { relayed, dialledBy, opened }: Link): Connection =>
  ({
    direct: !relayed,
    limits: undefined,
    direction: dialledBy === self ? 'outbound' : 'inbound',
    timeline: { open: opened },
  }) as unknown as Connection;

const link = fc.record<Link>({
  relayed: fc.boolean(),
  leaving: fc.boolean(),
  dialledBy: fc.constantFrom('a', 'b'),
  opened: fc.nat(5),
});

test('both sides use the same connection, whatever order they know them in', () => {
  const links = fc.uniqueArray(link, { minLength: 1, maxLength: 6, selector: (one) => JSON.stringify(one) });
  fc.assert(
    fc.property(links, fc.boolean(), fc.func(fc.nat()), (all, turnOfA, order) => {
      const used = (self: 'a' | 'b', known: Link[]): Link => {
        const seen = new Map(known.map((one) => [asSeenBy(self, one), one]));
        const isLeaving = (connection: Connection): boolean => seen.get(connection)!.leaving;
        return seen.get(bestOf([...seen.keys()], isLeaving, (self === 'a') === turnOfA)!)!;
      };
      const best = used('a', all);
      expect(
        used(
          'b',
          [...all].sort((x, y) => order(x) - order(y)),
        ),
      ).toEqual(best);
      expect(best.relayed).toBe(all.every(({ relayed }) => relayed));
    }),
  );
});

test('a connection is unused when only housekeeping is on it; what is still being agreed on is somebody’s', () => {
  const on = (...protocols: string[]): boolean =>
    isUnused({ streams: protocols.map((protocol) => ({ protocol })) } as unknown as Connection);
  expect(on()).toBe(true);
  expect(on('/meshsub/1.2.0', '/ipfs/ping/1.0.0')).toBe(true);
  expect(on('/meshsub/1.2.0', '/sovereign/deliver/1.0.0')).toBe(false);
  expect(on('')).toBe(false);
});
