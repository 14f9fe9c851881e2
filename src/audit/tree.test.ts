import { expect, test } from 'vitest';
import { hex, leafHash, verifyInclusion } from '../crypto';
import { Machine, note, readAll } from './testkit';
import { LogTree } from './tree';

test('the tree follows the log, reads every line once, and its roots are those that the log signs', async () => {
  const log = await new Machine().open();
  let read = 0;
  const tree = new LogTree({
    lines: (from, to) => {
      read += to - from;
      return log.lines(from, to);
    },
  });
  for (let i = 0; i < 300; i++) {
    await log.append(note(i));
    if (i % 100 !== 99) continue;
    const [a, b] = await Promise.all([tree.upTo(log.size), tree.upTo(log.size - 50)]);
    expect(a).toBe(b);
    expect(hex(a.root(log.size))).toBe(log.root);
    expect((await log.checkpoint()).root).toBe(log.root);
  }
  expect(read).toBe(300);
  const tiles = await tree.upTo(0);
  for await (const line of log.lines(123, 124))
    expect(verifyInclusion(leafHash(line), 123, 200, tiles.inclusion(123, 200), tiles.root(200))).toBe(true);
  expect(await readAll(log)).toHaveLength(300);
});

test('a reading that fails is said, and the next one goes on where it stopped', async () => {
  const log = await new Machine().open();
  for (let i = 0; i < 10; i++) await log.append(note(i));
  let fails = true;
  const tree = new LogTree({
    async *lines(from, to) {
      for (let seq = from; seq < to; seq++) {
        if (seq === 6 && fails) throw new Error('the disk is gone');
        yield* log.lines(seq, seq + 1);
      }
    },
  });
  await expect(tree.upTo(10)).rejects.toThrow('the disk is gone');
  fails = false;
  expect(hex((await tree.upTo(10)).root(10))).toBe(log.root);
  await expect(tree.upTo(11)).rejects.toMatchObject({ code: 'no_entry' });
});
