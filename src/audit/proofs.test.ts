import { expect, test } from 'vitest';
import fc from 'fast-check';
import { consistencyProof, hex, inclusionProof, leafHash, treeRoot, utf8 } from '../crypto';
import { Machine, note } from './testkit';
import type { Checkpoint } from './types';

const COUNT = 1_000;
const machine = new Machine();
const log = await machine.open();
await log.appendAll(Array.from({ length: COUNT }, (_, i) => note(i)));
const leaves = machine.lines.map((line) => leafHash(utf8(`${line}\n`)));
// Replayed from the disk: blocks are built on that way too, under a checkpoint and past it.
await log.checkpoint();
const reopened = await machine.open();

test('every proof and root is that of the tree over all leaves', async () => {
  const size = fc.integer({ min: 1, max: COUNT });
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat(COUNT - 1), async (a, b, i) => {
      const [older, newer] = [Math.min(a, b), Math.max(a, b)];
      for (const { proofs } of [log, reopened]) {
        expect(await proofs.rootAt(older)).toBe(hex(treeRoot(leaves, 0, older)));
        expect(await proofs.consistency(older, newer)).toEqual(consistencyProof(leaves, older, newer));
        const index = i % newer;
        expect(await proofs.inclusion(index, newer)).toEqual(inclusionProof(leaves, index, newer));
      }
    }),
  );
  expect(await log.proofs.rootAt(0)).toBe(hex(treeRoot([])));
  expect(await log.proofs.consistency(0, 10)).toEqual([]);
});

test('a tree that the log does not have is refused', async () => {
  for (const ask of [
    log.proofs.rootAt(log.size + 1),
    log.proofs.consistency(2, 1),
    log.proofs.consistency(1, log.size + 1),
    log.proofs.inclusion(3, 3),
    log.proofs.inclusion(-1, 3),
  ]) {
    await expect(ask).rejects.toMatchObject({ code: 'no_entry' });
  }
});

test('lines of a commit that failed leave no trace in the proofs', async () => {
  const failing = new Machine();
  const storage = await failing.storage();
  let full = false;
  const append = storage.log.append.bind(storage.log);
  storage.log.append = (offset, bytes) => (full ? Promise.reject(new Error('disk full')) : append(offset, bytes));
  const torn = await failing.open(storage);
  await torn.appendAll(Array.from({ length: 200 }, (_, i) => note(i)));
  full = true;
  await expect(torn.appendAll(Array.from({ length: 200 }, (_, i) => note(-i)))).rejects.toThrow('disk full');
  full = false;
  await torn.appendAll(Array.from({ length: 400 }, (_, i) => note(i)));
  const stored = failing.lines.map((line) => leafHash(utf8(`${line}\n`)));
  expect(await torn.proofs.rootAt(600)).toBe(hex(treeRoot(stored)));
});

test('each new checkpoint is told once it is stored', async () => {
  const told: Checkpoint[] = [];
  const another = await new Machine().open();
  const stop = another.onCheckpoint((checkpoint) => told.push(checkpoint));
  await another.append(note(0));
  const first = await another.checkpoint();
  await another.checkpoint();
  expect(told).toEqual([first]);
  stop();
  await another.append(note(1));
  await another.checkpoint();
  expect(told).toEqual([first]);
});
