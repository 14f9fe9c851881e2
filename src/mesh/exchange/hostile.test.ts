import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { FramedStream } from '../framed';
import { settled, TestTime } from '../testing/time';
import { memoryMesh, type MemoryNode } from '../testkit';
import { CHUNK, STATE_BYTES } from './chain';
import { serveContent } from './serve';
import { content, give, giveFalsely, setting } from './testkit';
import { CONTENT } from './wire';

describe('hostile members', () => {
  const bytes = content(24 * CHUNK);
  const other = content(24 * CHUNK, 2);

  /** Fetches from the liar and an honest member: the content comes, and the liar alone is blamed. */
  async function withLiar(lie: (mesh: MemoryNode, time: TestTime) => void): Promise<void> {
    const { time, others, disk, get } = setting(2);
    lie(others[0]!, time);
    const liars: string[] = [];
    // The honest one answers once the other one is found out: by itself, and not because it came second.
    let blamed = (): void => undefined;
    const found = new Promise<void>((resolve) => (blamed = resolve));
    const find = (): Promise<Uint8Array> => found.then(() => bytes);
    serveContent({ mesh: others[1]!, schedule: time.schedule, isMember: () => true, find });
    const onLiar = (peer: string): void => {
      liars.push(peer);
      blamed();
    };
    const got = get(bytes, { onLiar });
    expect((await time.until(got)).from).toEqual([others[1]!.self]);
    expect(liars).toEqual([others[0]!.self]);
    expect([...disk.blobs.keys()]).toEqual([sha256Hex(bytes)]);
  }

  test('another content, with states that fit it: found out at the first chunk', () =>
    withLiar((mesh, time) => giveFalsely(mesh, time, other, ({ chunk }) => chunk)));
  test('another length', () =>
    withLiar((mesh, time) =>
      giveFalsely(mesh, time, bytes.slice(0, 23 * CHUNK), ({ states, chunk }) => states ?? chunk),
    ));
  test('one false byte in a later chunk', () =>
    withLiar((mesh, time) =>
      giveFalsely(mesh, time, bytes, ({ chunk, index }) => {
        if (chunk && index! < 23) chunk[5]! ^= 1;
        return chunk;
      }),
    ));
  test('false states under true chunks', () =>
    withLiar((mesh, time) =>
      giveFalsely(mesh, time, bytes, ({ states, chunk }) => {
        if (states) states.fill(7, 0, 15 * STATE_BYTES);
        return states ?? chunk;
      }),
    ));
  test('chunks of another length', () =>
    withLiar((mesh, time) =>
      giveFalsely(mesh, time, bytes, ({ chunk, index }) => (index! < 23 ? chunk?.slice(1) : chunk)),
    ));
  test('states that are too few', () =>
    withLiar((mesh, time) => giveFalsely(mesh, time, bytes, ({ states, chunk }) => states?.slice(32) ?? chunk)));

  test('if all lie, nothing is stored, and it says what happened', async () => {
    const { time, others, disk, get } = setting(2);
    for (const mesh of others) giveFalsely(mesh, time, other, ({ states, chunk }) => states ?? chunk);
    const got = expect(get(bytes)).rejects.toMatchObject({ code: 'digest_mismatch' });
    await time.until(got);
    expect([disk.blobs.size, disk.records.size]).toEqual([0, 0]);
  });

  test('a member that never answers for its chunk keeps nobody waiting that long', async () => {
    const { time, others, get } = setting(2);
    giveFalsely(others[0]!, time, bytes, ({ states, chunk, index }) => states ?? (index === 23 ? chunk : undefined));
    give(others[1]!, time, bytes);
    const got = get(bytes);
    expect((await time.until(got)).bytes).toBe(bytes.length);
  });

  test('a frame longer than a chunk ends its sender’s stream', async () => {
    const { time, others, get } = setting(1);
    giveFalsely(others[0]!, time, bytes, ({ states }) => states ?? new Uint8Array(CHUNK + 1));
    await time.until(expect(get(bytes)).rejects.toMatchObject({ code: 'frame_too_long' }));
  });

  test('readers: strangers, floods, rubbish, slow ones: bounded, and members are served', async () => {
    const time = new TestTime();
    const [server, reader, stranger] = memoryMesh(3);
    const known = new Map([[sha256Hex(bytes), bytes]]);
    const find = (name: string): Promise<Uint8Array | undefined> => Promise.resolve(known.get(name));
    serveContent({ mesh: server!, schedule: time.schedule, isMember: (peer) => peer === reader!.self, find });
    const open = async (mesh: MemoryNode): Promise<FramedStream> =>
      new FramedStream(await mesh.open(server!.self, CONTENT), { schedule: time.schedule, ms: 1e6 });
    const want = { v: 1, sha256: sha256Hex(bytes) };

    await expect((await open(stranger!)).next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    for (const bad of [{ v: 1, sha256: 'x' }, { ...want, more: 1 }, [], 'no']) {
      const framed = await open(reader!);
      await framed.sendJson(bad);
      await expect(framed.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    }
    const outside = await open(reader!);
    await outside.sendJson(want);
    await outside.sendJson({ chunk: 24 });
    await time.pass(1);
    await expect(outside.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    // Asks for everything and reads nothing: the server holds one window of it, and then lets go.
    for (let i = 0; i < 10; i++) {
      const slow = await open(reader!);
      await slow.sendJson(want).catch(() => undefined);
      for (let chunk = 0; chunk < 24; chunk++) await slow.sendJson({ chunk }).catch(() => undefined);
    }
    await settled();
    expect(server!.net.streams.size / 2).toBeLessThanOrEqual(MESH_LIMITS.contentStreamsPerPeer);
    await time.pass(MESH_LIMITS.contentMs);
    expect(server!.net.streams.size).toBe(0);
  });
});
