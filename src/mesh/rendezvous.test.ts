import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peerIdOf } from './peer-id';
import { encodePeers, parsePeers, RENDEZVOUS_BYTES, RENDEZVOUS_PEERS } from './rendezvous';

const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf);

test('what is encoded is read back, each once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(peer, { maxLength: RENDEZVOUS_PEERS }), (peers) => {
      expect(parsePeers(encodePeers(peers))).toEqual(peers);
      expect(parsePeers(encodePeers([...peers, ...peers]))).toEqual(peers);
    }),
  );
});

test('ATTACK: any bytes give at most so many well-formed peer ids', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2 * RENDEZVOUS_BYTES }), (bytes) => {
      const found = parsePeers(bytes);
      expect(found.length).toBeLessThanOrEqual(RENDEZVOUS_PEERS);
      for (const one of found) expect(one).toMatch(/^12D3Koo/);
    }),
  );
  const many = Array.from({ length: 100 }, (_, i) => peerIdOf(new Uint8Array(32).fill(i)));
  expect(parsePeers(encodePeers(many))).toEqual(many.slice(0, RENDEZVOUS_PEERS));
});
