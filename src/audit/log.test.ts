import { describe, expect, test } from 'vitest';
import { sha256Hex, utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Storage } from '../storage';
import { checkLog } from './index';
import type { Entry } from './types';
import { Machine, ORIGIN, note, readAll, readLines, signer } from './testkit';

const code = (wanted: string) => expect.objectContaining({ name: 'AuditError', code: wanted }) as Error;

/** A store that counts what the log asks of it, and holds commits back until they are let go. */
function watched(storage: Storage) {
  const seen = {
    appends: [] as number[],
    reads: [] as [number, number][],
    hold: undefined as Promise<void> | undefined,
  };
  const log = {
    ...storage.log,
    length: () => storage.log.length(),
    truncate: (offset: number) => storage.log.truncate(offset),
    async append(offset: number, bytes: Uint8Array) {
      seen.appends.push(bytes.filter((byte) => byte === 0x0a).length);
      await seen.hold;
      await storage.log.append(offset, bytes);
    },
    read(from: number, to: number) {
      seen.reads.push([from, to]);
      return storage.log.read(from, to);
    },
  };
  return { seen, storage: { ...storage, log } satisfies Storage };
}

describe('appending', () => {
  test('a receipt names the stored line', async () => {
    const machine = new Machine();
    const log = await machine.open();
    const receipt = await log.append({ type: 'GENESIS', data: { hello: 'world' } });
    expect(receipt).toEqual({ seq: 0, ts: '2026-01-01T00:00:00.000Z', hash: sha256Hex(machine.disk.readLog()) });
    expect(log.size).toBe(1);
  });

  test('order of calls is order in the log, in as few commits as can be', async () => {
    const machine = new Machine();
    const { seen, storage } = watched(await machine.storage());
    const log = await machine.open(storage);
    await log.append(note(-1));
    const receipts = await Promise.all(Array.from({ length: 500 }, (_, i) => log.append(note(i))));
    expect(receipts.map((r) => r.seq)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect((await readAll(log)).map((e) => e.data['i'])).toEqual(Array.from({ length: 501 }, (_, i) => i - 1));
    expect(seen.appends).toEqual([1, 500]);
  });

  test('a lone append starts its commit at once; what comes meanwhile shares the next', async () => {
    const machine = new Machine();
    const { seen, storage } = watched(await machine.storage());
    const log = await machine.open(storage);
    await log.append(note(0));
    let release = (): void => undefined;
    seen.hold = new Promise((resolve) => (release = resolve));
    const first = log.append(note(1));
    await Promise.resolve(); // one turn of the microtask queue
    const rest = Promise.all([log.append(note(2)), log.append(note(3)), log.append(note(4))]);
    release();
    await Promise.all([first, rest]);
    expect(seen.appends).toEqual([1, 1, 3]);
  });

  test('nobody is told before it is durable', async () => {
    const machine = new Machine();
    const { seen, storage } = watched(await machine.storage());
    const log = await machine.open(storage);
    await log.append(note(0));
    let release = (): void => undefined;
    seen.hold = new Promise((resolve) => (release = resolve));
    const told: number[] = [];
    log.onAppend((entries) => told.push(...entries.map((e) => e.seq)));
    let done = false;
    const appended = log.append(note(1)).then(() => (done = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect({ done, told, size: log.size }).toEqual({ done: false, told: [], size: 1 });
    release();
    await appended;
    expect({ done, told, size: log.size }).toEqual({ done: true, told: [1], size: 2 });
  });

  test('later changes of the caller do not reach the log', async () => {
    const log = await new Machine().open();
    const data = { list: ['as it was'] };
    const appended = log.append({ type: 'GENESIS', data });
    data.list[0] = 'changed';
    await appended;
    expect((await readAll(log))[0]!.data).toEqual({ list: ['as it was'] });
  });

  test('appendAll is adjacent, also when the clock steps back in front of it', async () => {
    const machine = new Machine();
    const log = await machine.open();
    await log.append(note(0));
    machine.now -= 1000;
    const [a, , b] = await Promise.all([log.appendAll([note(1), note(2)]), log.append(note(3)), log.appendAll([])]);
    expect(a.map((r) => r.seq)).toEqual([2, 3]);
    expect(b).toEqual([]);
    expect((await readAll(log)).map((e) => e.type === 'CLOCK_STEPPED_BACK')).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  test('a bad entry is refused alone, and a bad one in a set refuses the set', async () => {
    const log = await new Machine().open();
    const bad = { type: 'GENESIS' as const, data: { n: Number.NaN } };
    const results = await Promise.allSettled([log.append(note(0)), log.append(bad), log.appendAll([note(1), bad])]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(log.size).toBe(1);
  });

  test('past the queue: overloaded, at once, and the rest goes through', async () => {
    const log = await new Machine().open();
    const appends = Array.from({ length: LIMITS.appendQueue + 1 }, (_, i) => log.append(note(i)));
    await expect(appends.at(-1)).rejects.toEqual(code('overloaded'));
    await Promise.all(appends.slice(0, -1));
    expect(log.size).toBe(LIMITS.appendQueue);
    await expect(log.appendAll(Array(LIMITS.commitBatch + 1).fill(note(0)))).rejects.toEqual(code('overloaded'));
  });

  test('a commit stays within its bounds of entries and bytes', async () => {
    const machine = new Machine();
    const { seen, storage } = watched(await machine.storage());
    const log = await machine.open(storage);
    const large = { type: 'GENESIS' as const, data: { s: 'x'.repeat(60_000) } };
    await Promise.all(Array.from({ length: 100 }, () => log.append(large)));
    await Promise.all(Array.from({ length: 3000 }, (_, i) => log.append(note(i))));
    expect(Math.max(...seen.appends)).toBe(LIMITS.commitBatch);
    expect(seen.appends[0]).toBe(Math.floor(LIMITS.commitBytes / 60_200));
  });

  test('a long batch lets other work run in between', async () => {
    const log = await new Machine().open();
    await log.append(note(0));
    let turns = 0;
    let running = true;
    const tick = (): void => {
      turns++;
      if (running) setImmediate(tick);
    };
    setImmediate(tick);
    await Promise.all(Array.from({ length: 2000 }, (_, i) => log.append(note(i))));
    running = false;
    expect(turns).toBeGreaterThanOrEqual(Math.floor(2000 / LIMITS.yieldEntries));
  });
});

describe('reading', () => {
  test('any range, without reading more', async () => {
    const machine = await new Machine().filled(40);
    const { seen, storage } = watched(await machine.storage());
    const log = await machine.open(storage);
    const whole = machine.lines;
    seen.reads.length = 0;
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [7, 9],
      [39, 40],
      [40, 40],
      [0, 40],
    ] as const) {
      expect(await readLines(log, from, to)).toBe(
        whole
          .slice(from, to)
          .map((l) => `${l}\n`)
          .join(''),
      );
    }
    const bytes = (from: number, to: number) =>
      utf8(
        whole
          .slice(from, to)
          .map((l) => `${l}\n`)
          .join(''),
      ).length;
    expect(seen.reads[2]).toEqual([bytes(0, 7), bytes(0, 9)]);
  });

  test.each([
    [-1, 1],
    [0, 3],
    [2, 1],
    [0.5, 1],
    [0, Number.NaN],
  ])('entries [%d, %d) of 2 are not there', async (from, to) => {
    const log = await (await new Machine().filled(2)).open();
    await expect(readLines(log, from, to)).rejects.toEqual(code('no_entry'));
  });

  test('listeners hear each durable entry once, and can leave', async () => {
    const log = await new Machine().open();
    const heard: Entry[] = [];
    const leave = log.onAppend((entries) => heard.push(...entries));
    await Promise.all([log.append(note(0)), log.append(note(1))]);
    leave();
    await log.append(note(2));
    expect(heard).toEqual((await readAll(log)).slice(0, 2));
  });
});

describe('closing', () => {
  test('finishes what was appended, signs a last head, and refuses more', async () => {
    const machine = new Machine();
    const log = await machine.open();
    const appended = log.append(note(0));
    await log.close();
    await log.close();
    expect((await appended).seq).toBe(0);
    expect(log.lastCheckpoint!.size).toBe(1);
    expect(machine.timer).toBeUndefined();
    await expect(log.append(note(1))).rejects.toEqual(code('closed'));
    await expect(log.checkpoint()).rejects.toEqual(code('closed'));
  });

  test('a store that is gone does not keep anyone', async () => {
    const storage = await new Machine().storage();
    const log = await new Machine().open(storage);
    await log.append(note(0));
    await storage.close();
    await log.close();
    await expect(log.append(note(1))).rejects.toEqual(code('closed'));
  });
});

describe('checkLog', () => {
  test('agrees with the log', async () => {
    const machine = await new Machine().filled(70);
    const log = await machine.open();
    const checked = await checkLog(await machine.storage(), ORIGIN, signer.publicKey);
    expect(checked).toEqual({ entries: 70, root: log.root, checkpoint: log.lastCheckpoint, tornBytes: 0 });
  });
});
