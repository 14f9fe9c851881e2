import type { ConnectionProtector, MessageStream, MultiaddrConnection } from '@libp2p/interface';
import { preSharedKey } from '@libp2p/pnet';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { xsalsa20 } from '@noble/ciphers/salsa.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, equalBytes, utf8 } from '../../crypto';
import { polyfillNode } from '../libp2p/polyfill';
import { CHUNK_BYTES } from './connection';
import { KeyStream } from './key-stream';
import { formatSwarmKey, relayKeyOf } from './keys';
import { twoKeyProtector } from './protector';

polyfillNode();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const OTHER = new Uint8Array(32).fill(9);

describe('key stream', () => {
  test('in pieces of any size it is XSalsa20 of the whole', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), bytes(24), fc.array(fc.uint8Array({ maxLength: 200 })), (key, nonce, pieces) => {
        const stream = new KeyStream(key, nonce);
        const whole = concat(...pieces);
        expect(concat(...pieces.map((piece) => stream.apply(piece)))).toEqual(xsalsa20(key, nonce, whole));
      }),
    );
  });

  test('input is left as it was, and may lie anywhere in memory', () => {
    const nonce = new Uint8Array(24).fill(1);
    const memory = new Uint8Array(1_001).fill(5);
    const hidden = new KeyStream(KEY, nonce).apply(memory.subarray(1));
    expect(memory.every((byte) => byte === 5)).toBe(true);
    expect(hidden).toEqual(xsalsa20(KEY, nonce, new Uint8Array(1_000).fill(5)));
  });
});

const ours = twoKeyProtector({ mesh: OTHER, relay: KEY })();
const theirs = preSharedKey({ psk: utf8(formatSwarmKey(KEY)) })();

/** Both ends of a connection in memory, protected. */
async function join(a: ConnectionProtector, b: ConnectionProtector, address?: string): Promise<MessageStream[]> {
  const [left, right] = pair(address);
  return Promise.all([a.protect(left), b.protect(right)]);
}

function pair(address = '/ip4/127.0.0.1/tcp/1/ws'): readonly [MultiaddrConnection, MultiaddrConnection] {
  const ends = multiaddrConnectionPair();
  for (const end of ends) end.remoteAddr = multiaddr(address);
  return ends;
}

function received(stream: MessageStream, length: number): Promise<Uint8Array> {
  let got: Uint8Array = new Uint8Array(0);
  return new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => {
      got = concat(got, data.subarray());
      if (got.length >= length) resolve(got);
    });
    stream.addEventListener('close', ({ error }) => {
      reject(error ?? new Error(`closed after ${String(got.length)} bytes`));
    });
  });
}

test('ATTACK: one that says nothing is not waited for as long as libp2p would', async () => {
  const [left] = pair();
  const patient = { signal: new AbortController().signal };
  await expect(twoKeyProtector({ mesh: KEY }, 20)().protect(left, patient)).rejects.toThrow();
});

describe('private network', () => {
  test.each([
    ['ours to ours', ours, ours],
    ['ours to @libp2p/pnet', ours, theirs],
    ['@libp2p/pnet to ours', theirs, ours],
  ])('%s: bytes arrive both ways', async (_, a, b) => {
    const [left, right] = await join(a, b);
    const big = Uint8Array.from({ length: 3 * CHUNK_BYTES + 17 }, (__, i) => i % 251);
    const there = received(right!, big.length + 5);
    left!.send(utf8('first'));
    left!.send(big);
    expect(equalBytes(await there, concat(utf8('first'), big))).toBe(true);
    const back = received(left!, big.length);
    right!.send(big);
    expect(equalBytes(await back, big)).toBe(true);
  });

  test('what is on the wire is two nonces and nothing that can be read', async () => {
    const [left, right] = pair();
    const wire: Uint8Array[] = [];
    const send = left.send.bind(left);
    left.send = (data) => {
      wire.push(data.subarray().slice());
      return send(data);
    };
    const [a, b] = await Promise.all([ours.protect(left), ours.protect(right)]);
    const there = received(b, 1_000);
    a.send(new Uint8Array(1_000));
    await there;
    const all = concat(...wire);
    expect(all).toHaveLength(24 + 1_000);
    expect(all.subarray(24)).toEqual(xsalsa20(KEY, all.slice(0, 24), new Uint8Array(1_000)));
  });

  test('circuits are hidden under the mesh key, which the relay has not', async () => {
    const circuit = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X/p2p-circuit';
    const meshOnly = preSharedKey({ psk: utf8(formatSwarmKey(OTHER)) })();
    const [left, right] = await join(ours, meshOnly, circuit);
    const there = received(right!, 5);
    left!.send(utf8('hello'));
    expect(await there).toEqual(utf8('hello'));
  });

  test('without a relay key of its own, the relay gets the derived one', async () => {
    const derived = preSharedKey({ psk: utf8(formatSwarmKey(relayKeyOf(KEY))) })();
    const [left, right] = await join(twoKeyProtector({ mesh: KEY })(), derived);
    const there = received(right!, 5);
    left!.send(utf8('hello'));
    expect(await there).toEqual(utf8('hello'));
  });

  test('ATTACK: another key makes noise of what is said', async () => {
    const [left, right] = await join(ours, twoKeyProtector({ mesh: KEY, relay: OTHER })());
    const there = received(right!, 5);
    left!.send(utf8('hello'));
    expect(await there).not.toEqual(utf8('hello'));
  });

  test('ATTACK: one that says nothing, or too little, is given up', async () => {
    const [left, right] = pair();
    const signal = AbortSignal.timeout(50);
    const given = ours.protect(left, { signal });
    right.send(new Uint8Array(23));
    await expect(given).rejects.toThrow();
  });

  test('a close and a reset reach the other side', async () => {
    for (const how of ['close', 'abort'] as const) {
      const [left, right] = await join(ours, ours);
      const gone = new Promise((resolve) => right!.addEventListener('close', resolve));
      if (how === 'close') await left!.close();
      else left!.abort(new Error('enough'));
      await gone;
      expect(right!.status).not.toBe('open');
    }
  });

  test('a key of another length is refused', () => {
    expect(() => twoKeyProtector({ mesh: new Uint8Array(31) })).toThrow(RangeError);
    expect(() => twoKeyProtector({ mesh: KEY, relay: new Uint8Array(33) })).toThrow(RangeError);
  });
});
