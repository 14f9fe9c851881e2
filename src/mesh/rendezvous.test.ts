import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../crypto';
import { systemRandom } from '../protocol/runtime';
import { peerIdOf } from './peer-id';
import { relayKeyOf } from './pnet';
import { openPeers, RENDEZVOUS_BYTES, SEAL_BYTES, sealPeer } from './rendezvous';

const KEY = new Uint8Array(32).fill(7);
const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOf);
const MOST = RENDEZVOUS_BYTES / SEAL_BYTES;
const seal = (id: string, key = KEY): Uint8Array => sealPeer(id, key, systemRandom);

test('what members seal, members open: each once, and no more than an answer holds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(peer, { maxLength: MOST }), (peers) => {
      expect(openPeers(concat(...peers.map((id) => seal(id))), KEY)).toEqual(peers);
    }),
    { numRuns: 25 },
  );
  const [id] = fc.sample(peer, 1);
  expect(openPeers(concat(seal(id!), seal(id!)), KEY)).toEqual([id]);
  const many = Array.from({ length: MOST + 5 }, (_, i) => peerIdOf(new Uint8Array(32).fill(i)));
  expect(openPeers(concat(...many.map((one) => seal(one))), KEY)).toEqual(many.slice(0, MOST));
});

test('ATTACK: who has the relay key alone opens nothing, and no seal looks like another of the same peer', () => {
  const id = peerIdOf(new Uint8Array(32).fill(1));
  const sealed = seal(id);
  expect(sealed).toHaveLength(SEAL_BYTES);
  expect(openPeers(sealed, relayKeyOf(KEY))).toEqual([]);
  expect(seal(id)).not.toEqual(sealed);
  expect(Buffer.from(sealed).includes(id.slice(10, 20))).toBe(false);
});

test('ATTACK: seals of another mesh, altered ones and ones of no peer id are left out', () => {
  const id = peerIdOf(new Uint8Array(32).fill(2));
  const altered = seal(id);
  altered[40]! ^= 1;
  const text = sealPeer('x'.repeat(52), KEY, systemRandom);
  const answer = concat(seal(id, new Uint8Array(32).fill(8)), altered, text, seal(id));
  expect(openPeers(answer, KEY)).toEqual([id]);
});

test('ATTACK: any bytes at all open to nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3 * SEAL_BYTES }), (bytes) => {
      expect(openPeers(bytes, KEY)).toEqual([]);
    }),
  );
});
