import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { LIMITS } from '../../src/protocol/limits';
import { Journal, JOURNAL_FILE } from './journal';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(dir, JOURNAL_FILE);
});
afterEach(() => rm(dir, { recursive: true }));

const start = () => Journal.open(dir, () => undefined);
const contents = (journal: Journal) => new Map(journal.keys('').map((key) => [key, journal.get(key)]));
async function read() {
  const journal = await start();
  const found = contents(journal);
  await journal.close();
  return found;
}

describe('the journal of a witness', () => {
  test('what was put is there for the next one, of one key the last value', async () => {
    const journal = await start();
    await journal.put(new Map([['a', '1']]));
    await Promise.all([journal.put(new Map([['a', '2']])), journal.put(new Map([['b\n', 'ü']]))]);
    await journal.close();
    expect(await read()).toEqual(
      new Map([
        ['a', '2'],
        ['b\n', 'ü'],
      ]),
    );
    await expect(journal.put(new Map([['c', '3']]))).rejects.toThrow();
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('cut off anywhere, it is what had been put up to there, and goes on from it', async () => {
    const journal = await start();
    const states = [contents(journal)];
    for (const [key, value] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const) {
      await journal.put(new Map([[key, value]]));
      states.push(contents(journal));
    }
    await journal.close();
    const whole = await readFile(path);
    for (let cut = 0; cut <= whole.length; cut++) {
      await writeFile(path, whole.subarray(0, cut));
      const complete = whole.subarray(0, cut).filter((byte) => byte === 10).length;
      const torn = await start();
      expect(contents(torn)).toEqual(states[Math.max(0, complete - 1)]);
      await torn.put(new Map([['next', String(cut)]]));
      await torn.close();
      expect((await read()).get('next')).toBe(String(cut));
    }
  });

  test('any other change to it is refused: to forget a signature is to sign two trees', async () => {
    const journal = await start();
    await journal.put(new Map([['a', '1']]));
    await journal.put(new Map([['b', '2']]));
    await journal.close();
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 2), fc.integer({ min: 1, max: 127 }), async (at, flip) => {
        const changed = Uint8Array.from(whole);
        changed[at]! ^= flip;
        await writeFile(path, changed);
        await expect(start()).rejects.toMatchObject({ code: 'state_broken' });
      }),
    );
    await writeFile(path, whole);
    await appendFile(path, '0123456789abcdef []\n');
    await expect(start()).rejects.toMatchObject({ code: 'state_broken' });
  });

  test('grown past its limit it is written anew, smaller, with the same content', async () => {
    const journal = await start();
    const value = 'x'.repeat(1024 * 1024);
    const rounds = Math.ceil(LIMITS.witnessJournalBytes / value.length) + 1;
    for (let i = 0; i < rounds; i++) await journal.put(new Map([['a', `${i}${value}`]]));
    await journal.put(new Map([['b', '2']]));
    await journal.close();
    expect((await stat(path)).size).toBeLessThan(4 * value.length);
    expect([...(await read()).keys()]).toEqual(['a', 'b']);
  });

  test('once a write failed, nothing is promised any more', async () => {
    let lost = false;
    const journal = await Journal.open(dir, () => {
      if (lost) throw new Error('another process has the directory');
    });
    await journal.put(new Map([['a', '1']]));
    lost = true;
    await expect(journal.put(new Map([['a', '2']]))).rejects.toThrow('another process');
    lost = false;
    await expect(journal.put(new Map([['a', '3']]))).rejects.toThrow('another process');
    await journal.close();
    expect((await read()).get('a')).toBe('1');
  });

  test('a file of another kind is left alone', async () => {
    const file = await open(path, 'w');
    await file.writeFile('something else\n');
    await file.close();
    await expect(start()).rejects.toMatchObject({ code: 'state_broken' });
    expect(await readFile(path, 'utf8')).toBe('something else\n');
  });
});
