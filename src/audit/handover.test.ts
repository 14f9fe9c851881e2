import { expect, test } from 'vitest';
import { fromUtf8, noteKey, parseNote, signerFromSeed, verifyNote } from '../crypto';
import { openLog } from './log';
import { Machine, note, ORIGIN, signer } from './testkit';

const second = await signerFromSeed(new Uint8Array(32).fill(5));
const isBy = (text: string, { publicKey }: { publicKey: Uint8Array }): Promise<boolean> =>
  verifyNote(parseNote(text)!, noteKey(ORIGIN, publicKey));

test('a key that entries put in force signs every head that covers them, and none before', async () => {
  const log = await new Machine().open();
  await log.appendAll([note(0), note(1)]);
  expect(await isBy((await log.checkpoint()).note, signer)).toBe(true);
  const before = log.append(note(2));
  const change = log.appendAll([note(3)], { signer: second });
  const after = log.append(note(4));
  const head = await log.checkpoint();
  await Promise.all([before, change, after]);
  expect(head.size).toBe(5);
  expect(await isBy(head.note, second)).toBe(true);
  expect(await isBy(head.note, signer)).toBe(false);
});

test('a commit that fails leaves the key that was', async () => {
  const machine = new Machine();
  const log = await machine.open();
  await log.appendAll([note(0), note(1)]);
  machine.disk.quotaBytes = machine.disk.used;
  await expect(log.appendAll([note(2)], { signer: second })).rejects.toMatchObject({ code: 'quota_exceeded' });
  machine.disk.quotaBytes = Number.POSITIVE_INFINITY;
  await log.append(note(3));
  expect(await isBy((await log.checkpoint()).note, signer)).toBe(true);
});

test('killed before the new key signed anything: the stored lines say who signs on', async () => {
  const machine = new Machine();
  const log = await machine.open();
  await log.appendAll([note(0), note(1)]);
  await log.checkpoint();
  await log.appendAll([note(2)], { signer: second });
  const seen: string[] = [];
  const again = await openLog({
    storage: await machine.storage(),
    signer,
    origin: ORIGIN,
    clock: { now: () => machine.now },
    schedule: () => () => undefined,
    watch: (line) => seen.push(fromUtf8(line)),
    successor: () => Promise.resolve(second),
  });
  expect(seen.map((line) => `${line.trimEnd()}`)).toEqual(machine.lines);
  expect(await isBy((await again.checkpoint()).note, second)).toBe(true);
});
