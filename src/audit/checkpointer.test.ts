import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { CHECKPOINT_RECORD, OLD_CHECKPOINT_RECORD, readCheckpoint } from './index';
import { Machine, ORIGIN, note, signer } from './testkit';

describe('checkpoints', () => {
  test('covers everything appended so far, is durable, and is the last one while nothing changes', async () => {
    const machine = new Machine();
    const log = await machine.open();
    const appends = [0, 1, 2].map((i) => log.append(note(i)));
    const checkpoint = await log.checkpoint();
    await Promise.all(appends);
    expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 3, root: log.root });
    expect(await log.checkpoint()).toBe(checkpoint);
    expect(log.lastCheckpoint).toBe(checkpoint);
    const stored = machine.disk.records.get(CHECKPOINT_RECORD)!;
    expect(await readCheckpoint(JSON.parse(stored), ORIGIN, signer.publicKey)).toEqual(checkpoint);
  });

  test('keeps the one before', async () => {
    const machine = new Machine();
    const log = await machine.open();
    await log.append(note(0));
    const old = await log.checkpoint();
    await log.append(note(1));
    await log.checkpoint();
    expect(JSON.parse(machine.disk.records.get(OLD_CHECKPOINT_RECORD)!)).toBe(old.note);
  });

  test('no more than 64 entries stand without one', async () => {
    const log = await new Machine().open();
    for (let i = 0; i < 200; i++) {
      await log.append(note(i));
      expect(log.size - (log.lastCheckpoint?.size ?? 0)).toBeLessThanOrEqual(LIMITS.checkpointEntries);
    }
  });

  test('when the time is up, one is signed without being asked for', async () => {
    const machine = new Machine();
    const log = await machine.open();
    expect(machine.timer).toBeUndefined();
    await log.append(note(0));
    expect(log.lastCheckpoint).toBeUndefined();
    machine.timer!();
    // The loop signs between two commits, so the second of these finds it done.
    await log.append(note(1));
    await log.append(note(2));
    expect(log.lastCheckpoint!.size).toBeGreaterThanOrEqual(1);
    await log.checkpoint();
    expect(machine.timer).toBeUndefined();
  });

  test('after a crash the entries without one get it in time', async () => {
    const machine = new Machine();
    const log = await machine.open();
    await log.append(note(0));
    await log.append(note(1));
    machine.timer = undefined;
    const again = await machine.open();
    expect(again.lastCheckpoint!.size).toBe(1);
    machine.timer!();
    expect((await again.checkpoint()).size).toBe(2);
  });

  test('one of an empty log is possible, and it opens again', async () => {
    const machine = new Machine();
    expect(await (await machine.open()).checkpoint()).toMatchObject({ size: 0, root: sha256Hex(new Uint8Array()) });
    expect((await machine.open()).size).toBe(0);
  });
});
