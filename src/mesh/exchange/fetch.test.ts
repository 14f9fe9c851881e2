import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../crypto';
import { createMemoryStorage } from '../../storage';
import { settled } from '../testing/time';
import { CHUNK } from './chain';
import { abandonContent } from './fetch';
import { content, give, giveFalsely, setting } from './testkit';

describe('fetching', () => {
  test.each([0, 1, CHUNK, CHUNK + 1, 130 * CHUNK + 7])('%i bytes from one member', async (length) => {
    const { time, me, others, disk, get } = setting(1);
    const bytes = content(length);
    give(others[0]!, time, bytes);
    const seen: number[] = [];
    const got = get(bytes, { onProgress: (done, total) => seen.push(done / (total || 1)) });
    expect(await time.until(got)).toEqual({ bytes: length, from: [others[0]!.self] });
    expect(sha256Hex(disk.blobs.get(sha256Hex(bytes))!)).toBe(sha256Hex(bytes));
    // Nothing of the parts is left, nor any stream.
    expect([disk.blobs.size, disk.records.size]).toEqual([1, 0]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(length === 0 ? 0 : 1);
    await settled();
    expect(me.net.streams.size).toBe(0);
  });

  test('several members give of it at once', async () => {
    const { time, others, get } = setting(3);
    const bytes = content(70 * CHUNK);
    const asked = new Set<unknown>();
    let meet = (): void => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    // After the first chunk, which proves the length, none gives before another was asked as well.
    for (const other of others) {
      giveFalsely(other, time, bytes, async ({ chunk, index }) => {
        if (!chunk) return undefined;
        if (asked.add(other).size > 1) meet();
        if (index! > 0) await met;
        return chunk;
      });
    }
    const got = get(bytes);
    expect((await time.until(got)).from.length).toBeGreaterThan(1);
  });

  test('who does not have it, is away, or does not speak the protocol is passed over', async () => {
    const { time, me, others, get } = setting(4);
    const bytes = content(5 * CHUNK);
    give(others[0]!, time);
    me.net.leave(others[1]!.self);
    give(others[3]!, time, bytes);
    const got = get(bytes);
    expect((await time.until(got)).from).toEqual([others[3]!.self]);
  });

  test('goes on where it stopped, after a restart and from another member', async () => {
    const { time, me, others, disk, get } = setting(2);
    const bytes = content(200 * CHUNK);
    let served = 0;
    giveFalsely(others[0]!, time, bytes, ({ chunk }) => {
      if (chunk && ++served > 150) me.net.leave(others[0]!.self);
      return chunk;
    });
    const lost = get(bytes, { peers: [others[0]!.self] });
    const failed = expect(lost).rejects.toMatchObject({ code: 'unreachable' });
    await time.until(failed);
    expect(disk.records.size).toBe(1);
    give(others[1]!, time, bytes);
    const first: number[] = [];
    const got = get(bytes, { peers: [others[1]!.self], onProgress: (done) => first.push(done) });
    expect((await time.until(got)).from).toEqual([others[1]!.self]);
    // What was here reached down to chunk 64: the last segment that was whole.
    expect(first[0]).toBe(bytes.length - 63 * CHUNK);
    expect([...disk.blobs.keys()]).toEqual([sha256Hex(bytes)]);
    expect(disk.records.size).toBe(0);
  });

  test('a member that vanishes in the middle and comes back goes on', async () => {
    const { time, me, others, get } = setting(1);
    const bytes = content(40 * CHUNK);
    give(others[0]!, time, bytes);
    let at = 0;
    const got = get(bytes, { onProgress: () => ++at % 20 === 0 && me.net.leave(others[0]!.self) });
    for (let i = 0; i < 8; i++) {
      await time.pass(700);
      me.net.join(others[0]!.self);
    }
    expect(await time.until(got)).toMatchObject({ bytes: bytes.length });
  });

  test('a fetch that is stopped says so, and what it left can be let go of', async () => {
    const { time, others, disk, get } = setting(1);
    const bytes = content(200 * CHUNK);
    give(others[0]!, time, bytes);
    const stop = new AbortController();
    const got = get(bytes, {
      signal: stop.signal,
      onProgress: (done) => done > 100 * CHUNK && stop.abort(new Error('enough')),
    });
    const failed = expect(got).rejects.toThrow('enough');
    await time.until(failed);
    expect(disk.blobs.size).toBeGreaterThan(0);
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    await abandonContent(storage, sha256Hex(bytes));
    expect([disk.blobs.size, disk.records.size]).toEqual([0, 0]);
  });

  test('a part that something else had stored too stays when the whole is here', async () => {
    const { time, others, disk, get } = setting(1);
    const bytes = new Uint8Array(200 * CHUNK);
    const part = new Uint8Array(64 * CHUNK);
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    await storage.blobs.put(part);
    give(others[0]!, time, bytes);
    const got = get(bytes);
    await time.until(got);
    expect([...disk.blobs.keys()].toSorted()).toEqual([sha256Hex(part), sha256Hex(bytes)].toSorted());
  });

  test('a full disk ends it with the store’s own error', async () => {
    const { time, others, disk, get } = setting(1);
    const bytes = content(200 * CHUNK);
    give(others[0]!, time, bytes);
    disk.quotaBytes = 5 * 1024 * 1024;
    const got = expect(get(bytes)).rejects.toMatchObject({ code: 'quota_exceeded' });
    await time.until(got);
  });

  test('what is too large is refused before it is fetched', async () => {
    const { time, others, get } = setting(1);
    const bytes = content(3 * CHUNK);
    give(others[0]!, time, bytes);
    const got = expect(get(bytes, { maxBytes: 3 * CHUNK - 1 })).rejects.toMatchObject({ code: 'frame_too_long' });
    await time.until(got);
  });
});
