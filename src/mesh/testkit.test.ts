import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { describe, expect, test } from 'vitest';
import { publicKeyOf } from '../crypto';
import { peerIdOf, publicKeyOfPeer } from './peer-id';
import { memoryMesh, testSeed } from './testkit';
import type { MeshStream } from './types';

const PROTOCOL = '/test/1';

async function readAll(stream: MeshStream): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of stream.incoming) all.push(...piece);
  return all;
}

describe('the mesh in memory', () => {
  test('carries bytes both ways, in pieces of its own, until both sides closed', async () => {
    const [a, b] = memoryMesh(2, { pieceBytes: 3 });
    b!.handle(PROTOCOL, async (stream) => {
      const bytes = await readAll(stream);
      await stream.write(Uint8Array.from(bytes.reverse()));
      await stream.close();
    });
    const stream = await a!.open(b!.self, PROTOCOL);
    await stream.write(Uint8Array.of(1, 2, 3, 4));
    await stream.write(Uint8Array.of(5));
    await stream.close();
    expect(await readAll(stream)).toEqual([5, 4, 3, 2, 1]);
    expect(a!.net.streams.size).toBe(0);
  });

  test('a writer waits for a slow reader', async () => {
    const [a, b] = memoryMesh(2, { windowBytes: 10, pieceBytes: 4 });
    let theirs: MeshStream | undefined;
    b!.handle(PROTOCOL, (stream) => void (theirs = stream));
    const stream = await a!.open(b!.self, PROTOCOL);
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 8; i++) {
        await stream.write(new Uint8Array(5));
        written++;
      }
      await stream.close();
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(2);
    expect(await readAll(theirs!)).toHaveLength(40);
    await writing;
  });

  test('a reset, a cut and a drop end reading and writing on both sides', async () => {
    for (const end of ['reset', 'cut', 'drop'] as const) {
      const [a, b] = memoryMesh(2, { windowBytes: 1 });
      let theirs: MeshStream | undefined;
      b!.handle(PROTOCOL, (stream) => void (theirs = stream));
      const stream = await a!.open(b!.self, PROTOCOL);
      const writing = stream.write(new Uint8Array(5));
      const reading = readAll(stream);
      if (end === 'reset') theirs!.reset();
      if (end === 'cut') a!.net.cut(a!.self, b!.self);
      if (end === 'drop') await b!.drop(a!.self, 'test');
      await expect(writing).rejects.toMatchObject({ code: 'stream_reset' });
      await expect(reading).rejects.toMatchObject({ code: 'stream_reset' });
      await expect(readAll(theirs!)).rejects.toMatchObject({ code: 'stream_reset' });
      if (end !== 'reset') await expect(a!.open(b!.self, PROTOCOL)).rejects.toMatchObject({ code: 'unreachable' });
    }
  });

  test('a topic reaches those that subscribed, as they judge', async () => {
    const [a, b, c] = memoryMesh(3);
    const heard: string[] = [];
    b!.subscribe(
      't',
      (m) => heard.push(`b ${m.bytes[0]}`),
      () => 'accept',
    );
    c!.subscribe(
      't',
      (m) => heard.push(`c ${m.bytes[0]}`),
      () => 'reject',
    );
    expect(await a!.publish('t', Uint8Array.of(7))).toBe(2);
    expect(heard).toEqual(['b 7']);
    expect(c!.judged).toEqual(['reject']);
  });

  test('a peer id is its key', () => {
    const key = publicKeyOf(testSeed(0));
    const peer = peerIdOf(key);
    expect(peer).toBe(peerIdFromPublicKey(publicKeyFromRaw(key)).toString());
    expect(publicKeyOfPeer(peer)).toEqual(key);
    expect(publicKeyOfPeer(peer.slice(0, -1))).toBeUndefined();
    expect(publicKeyOfPeer('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')).toBeUndefined();
  });
});
