import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { concat, sha256Hex, signerFromSeed, utf8 } from '../crypto';
import { CHECKPOINT_RECORD, OLD_CHECKPOINT_RECORD, checkLog, makeCheckpoint, openLog } from './index';
import { Machine, ORIGIN, note, readAll, rechain, signer } from './testkit';

const code = (wanted: string, details: object = {}) =>
  expect.objectContaining({
    name: 'AuditError',
    code: wanted,
    details: expect.objectContaining(details) as object,
  }) as Error;

describe('an honest store', () => {
  test('an empty one is an empty log', async () => {
    const log = await new Machine().open();
    expect([log.size, log.lastCheckpoint]).toEqual([0, undefined]);
  });

  test.each([1, 2, 63, 64, 65, 300])('%i entries open as they were', async (count) => {
    const machine = await new Machine().filled(count);
    const before = machine.lines;
    const log = await machine.open();
    expect(log.size).toBe(count);
    expect((await readAll(log)).map((e) => e.data['i'])).toEqual(Array.from({ length: count }, (_, i) => i));
    await log.append(note(count));
    await log.close();
    expect(machine.lines.slice(0, count)).toEqual(before);
    expect((await checkLog(await machine.storage(), ORIGIN, signer.publicKey)).entries).toBe(count + 1);
  });

  test('the clock went back while it was closed', async () => {
    const machine = await new Machine().filled(1);
    machine.now -= 60_000;
    const log = await machine.open();
    await log.append(note(1));
    expect((await readAll(log)).map((e) => e.type)).toEqual([
      'SUBSYSTEM_RESTARTED',
      'CLOCK_STEPPED_BACK',
      'SUBSYSTEM_RESTARTED',
    ]);
  });
});

describe('attacks', () => {
  test('edit an entry', async () => {
    const machine = await new Machine().filled(10);
    machine.replace(machine.lines.with(4, machine.lines[4]!.replace('"i":4', '"i":5')));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 5 }));
  });

  test('edit an entry and rehash the rest, without any key', async () => {
    const machine = await new Machine().filled(10);
    machine.replace(rechain(machine.lines.with(4, machine.lines[4]!.replace('"i":4', '"i":5'))));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { size: 10 }));
    await expect(checkLog(await machine.storage(), ORIGIN, signer.publicKey)).rejects.toEqual(code('log_broken'));
  });

  test('edit an entry, rehash the rest and take the checkpoint away', async () => {
    const machine = await new Machine().filled(10);
    machine.replace(rechain(machine.lines.with(4, machine.lines[4]!.replace('"i":4', '"i":5'))));
    machine.disk.records.delete(CHECKPOINT_RECORD);
    await expect(machine.open()).rejects.toEqual(code('bad_checkpoint'));
    machine.disk.records.delete(OLD_CHECKPOINT_RECORD);
    await expect(machine.open()).rejects.toEqual(code('bad_checkpoint'));
  });

  test("rewrite everything and sign with the attacker's own key", async () => {
    const machine = await new Machine().filled(3);
    const attacker = await signerFromSeed(new Uint8Array(32).fill(66));
    const { root } = await checkLog(await machine.storage(), ORIGIN, signer.publicKey);
    const forged = await makeCheckpoint({ origin: ORIGIN, size: 3, root }, attacker);
    machine.disk.records.set(CHECKPOINT_RECORD, JSON.stringify(forged.note));
    await expect(machine.open()).rejects.toEqual(code('bad_checkpoint'));
  });

  test('the checkpoint of another log', async () => {
    const machine = await new Machine().filled(3);
    const { root } = await checkLog(await machine.storage(), ORIGIN, signer.publicKey);
    const other = await makeCheckpoint({ origin: 'sovereign-node/other', size: 3, root }, signer);
    machine.disk.records.set(CHECKPOINT_RECORD, JSON.stringify(other.note));
    await expect(machine.open()).rejects.toEqual(code('bad_checkpoint'));
  });

  test('cut the tail', async () => {
    const machine = await new Machine().filled(10);
    machine.replace(machine.lines.slice(0, 9));
    await expect(machine.open()).rejects.toEqual(code('log_rolled_back', { size: 9, signed: 10 }));
  });

  test('cut the head', async () => {
    const machine = await new Machine().filled(10);
    const whole = machine.lines;
    machine.replace(whole.slice(1));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 0 }));
    machine.replace(rechain(whole.slice(1)));
    await expect(machine.open()).rejects.toEqual(code('log_rolled_back'));
  });

  test('delete the log', async () => {
    const machine = await new Machine().filled(10);
    machine.disk.replaceLog(new Uint8Array());
    await expect(machine.open()).rejects.toEqual(code('log_rolled_back', { size: 0, signed: 10 }));
  });

  test('swap, repeat and leave out entries', async () => {
    const machine = await new Machine().filled(10);
    const whole = machine.lines;
    machine.replace(whole.with(3, whole[4]!).with(4, whole[3]!));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 3 }));
    machine.replace(whole.toSpliced(5, 0, whole[4]!));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 5 }));
    machine.replace(whole.toSpliced(5, 1));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 5 }));
  });

  test('torn write: cut off at the last LF, told, and the log goes on', async () => {
    const machine = await new Machine().filled(3);
    const torn = utf8(machine.lines[2]!.slice(0, 50));
    machine.disk.replaceLog(concat(machine.disk.readLog(), torn));
    const log = await machine.open();
    expect((await readAll(log))[3]).toMatchObject({
      type: 'TAIL_TRUNCATED',
      severity: 'WARNING',
      data: { bytes: 50, sha256: sha256Hex(torn) },
    });
    await log.append(note(4));
    await log.close();
    expect((await machine.open()).size).toBe(5);
  });

  test('torn write of the very first line: an empty log, so that GENESIS is first', async () => {
    const machine = new Machine();
    machine.disk.replaceLog(utf8('{"data":{"orig'));
    const log = await machine.open();
    expect(log.size).toBe(0);
    expect((await log.append(note(0))).seq).toBe(0);
  });

  test('a line without an end is not a torn tail', async () => {
    const machine = await new Machine().filled(3);
    machine.disk.replaceLog(concat(machine.disk.readLog(), new Uint8Array(100_000).fill(65)));
    await expect(machine.open()).rejects.toEqual(code('log_broken', { seq: 3 }));
  });

  test('two writers at once: the earlier one stops, the log stays whole', async () => {
    const machine = await new Machine().filled(1);
    const first = await machine.open();
    await first.append(note(1));
    const second = await machine.open();
    await expect(first.append(note(99))).rejects.toMatchObject({ code: 'writer_lost' });
    await second.append(note(2));
    await expect(first.append(note(99))).rejects.toMatchObject({ code: 'writer_lost' });
    await first.close();
    await second.close();
    expect((await readAll(await machine.open())).map((e) => e.data['i'])).toEqual([0, 1, 2]);
  });

  test('any flipped byte is found, whichever and wherever', async () => {
    const machine = await new Machine().filled(20);
    const whole = machine.disk.readLog();
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        machine.disk.replaceLog(whole.with(at, whole[at]! ^ flip));
        await expect(machine.open()).rejects.toMatchObject({
          name: 'AuditError',
          code: expect.stringMatching(/^log_broken|log_rolled_back$/) as string,
        });
      }),
      { numRuns: 200 },
    );
  });

  test('a listed entry is the first one that does not hold', async () => {
    const machine = await new Machine().filled(20);
    const whole = machine.disk.readLog();
    const starts = machine.lines.map((_, i) => utf8(machine.lines.slice(0, i).join('\n')).length + (i > 0 ? 1 : 0));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 2), async (at) => {
        machine.disk.replaceLog(whole.with(at, 0x00));
        const seq = starts.findLastIndex((start) => start <= at);
        await expect(machine.open()).rejects.toEqual(code('log_broken', { seq }));
      }),
      { numRuns: 50 },
    );
  });
});

describe('faults', () => {
  test('a full disk in the middle: those appends are refused, nothing of them stays, and the log goes on', async () => {
    const machine = await new Machine().filled(2);
    const storage = await machine.storage();
    const log = await machine.open(storage);
    machine.disk.quotaBytes = machine.disk.used + 500;
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => log.append(note(100 + i))));
    expect(results.every((r) => r.status === 'rejected')).toBe(true);
    await expect(log.append(note(2))).resolves.toMatchObject({ seq: 2 });
    await expect(log.appendAll([note(8), note(9), note(10)])).rejects.toMatchObject({ code: 'quota_exceeded' });
    machine.disk.quotaBytes = Number.POSITIVE_INFINITY;
    await log.append(note(3));
    await log.close();
    expect((await readAll(await machine.open())).map((e) => e.data['i'])).toEqual([0, 1, 2, 3]);
  });

  test('a disk too full for a checkpoint fails who asks for it, not the appends, and is tried again', async () => {
    const machine = await new Machine().filled(1);
    const log = await machine.open();
    await log.append(note(1));
    machine.disk.quotaBytes = machine.disk.used;
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'quota_exceeded' });
    machine.timer!();
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'quota_exceeded' });
    machine.disk.quotaBytes = Number.POSITIVE_INFINITY;
    machine.timer!();
    // The loop signs between two commits, so the second of these finds it done.
    await log.append(note(2));
    await log.append(note(3));
    expect(log.lastCheckpoint!.size).toBeGreaterThanOrEqual(2);
  });

  test('killed anywhere, every acknowledged entry is there afterwards', async () => {
    const lives = fc.array(fc.record({ write: fc.integer({ min: 1, max: 12 }), keep: fc.nat(700) }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 1, max: 20 }), async (kills, burst) => {
        const machine = new Machine();
        const acknowledged: number[] = [];
        let next = 0;
        for (const kill of kills) {
          machine.disk.kill = kill;
          // Death may come while it opens, as it may in life.
          const log = await machine.open().catch(() => undefined);
          for (let round = 0; log && round < 6; round++) {
            const numbers = Array.from({ length: burst }, () => next++);
            const append = async (i: number): Promise<void> => void (await log.append(note(i)), acknowledged.push(i));
            await Promise.allSettled(numbers.map(append));
          }
        }
        machine.disk.kill = undefined;
        const log = await machine.open();
        const stored = (await readAll(log)).flatMap((e) => (typeof e.data['i'] === 'number' ? [e.data['i']] : []));
        expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b));
        expect(acknowledged.filter((i) => !stored.includes(i))).toEqual([]);
        await log.close();
        await checkLog(await machine.storage(), ORIGIN, signer.publicKey);
      }),
      { numRuns: 60 },
    );
  });

  test('an opened log never takes the writer’s role back', async () => {
    const machine = await new Machine().filled(1);
    const loser = await machine.storage();
    await machine.storage();
    const log = await openLog({ storage: loser, signer, origin: ORIGIN, clock: { now: () => machine.now } });
    await expect(log.append(note(1))).rejects.toMatchObject({ code: 'writer_lost' });
  });
});
