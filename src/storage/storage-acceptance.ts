/** What every adapter of {@link Storage} must do. Each adapter's test runs this one suite over its own world. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { concat, fromUtf8, sha256Hex, utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import type { Storage, StorageCode } from './types';

/** One store, empty at first, that can be opened several times, as by several workers. */
export interface StorageWorld {
  open(): Promise<Storage>;
  /** Ends the world; handles may still be open. */
  remove(): Promise<void>;
}

export const code = (wanted: StorageCode): object =>
  expect.objectContaining({ name: 'StorageError', code: wanted }) as object;

export async function readLog(storage: Storage, from = 0, to?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.log.read(from, to ?? (await storage.log.length()))) chunks.push(chunk);
  return fromUtf8(concat(...chunks));
}

const changes = (record: Record<string, Json | undefined>): Map<string, Json | undefined> =>
  new Map(Object.entries(record));

export function storageAcceptance(name: string, makeWorld: () => Promise<StorageWorld>): void {
  describe(`${name}: storage acceptance`, () => {
    let world: StorageWorld;
    let storage: Storage;

    beforeEach(async () => {
      world = await makeWorld();
      storage = await world.open();
      await storage.claimWriter();
    });
    afterEach(async () => {
      await storage.close();
      await world.remove();
    });
    const reopen = async (): Promise<void> => {
      await storage.close();
      storage = await world.open();
      await storage.claimWriter();
    };

    describe('log', () => {
      test('is empty at first', async () => {
        expect(await storage.log.length()).toBe(0);
        expect(await readLog(storage)).toBe('');
      });

      test('keeps what was appended, also after it is opened again', async () => {
        await storage.log.append(0, utf8('one\n'));
        await storage.log.append(4, utf8('two\n'));
        await reopen();
        await storage.log.append(8, utf8('three\n'));
        await storage.log.append(14, utf8('four\n'));
        expect(await readLog(storage)).toBe('one\ntwo\nthree\nfour\n');
      });

      test('reads any range of any pieces', async () => {
        const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 });
        const all: Uint8Array[] = [];
        await fc.assert(
          fc.asyncProperty(pieces, fc.nat(), fc.nat(), async (added, a, b) => {
            for (const piece of added) {
              await storage.log.append(concat(...all).length, piece);
              all.push(piece);
            }
            const whole = concat(...all);
            const [from, to] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y);
            const chunks: Uint8Array[] = [];
            for await (const chunk of storage.log.read(from!, to!)) chunks.push(chunk);
            expect(concat(...chunks)).toEqual(whole.slice(from, to));
          }),
          { numRuns: 20 },
        );
      });

      test('takes a view of a larger buffer for just the view, and not by reference', async () => {
        const buffer = utf8('xxxxline\nyyyy');
        await storage.log.append(0, buffer.subarray(4, 9));
        buffer.fill(0);
        expect(await readLog(storage)).toBe('line\n');
      });

      test('an empty append changes nothing', async () => {
        await storage.log.append(0, new Uint8Array());
        await storage.log.append(0, utf8('one\n'));
        await storage.log.append(4, new Uint8Array());
        await storage.log.append(4, utf8('two\n'));
        expect(await readLog(storage)).toBe('one\ntwo\n');
      });

      test('an append anywhere but at the end is refused and changes nothing', async () => {
        await storage.log.append(0, utf8('one\n'));
        await expect(storage.log.append(0, utf8('two\n'))).rejects.toEqual(code('writer_lost'));
        await expect(storage.log.append(5, utf8('two\n'))).rejects.toEqual(code('writer_lost'));
        expect(await readLog(storage)).toBe('one\n');
      });

      test('a cut tail is gone, and appending goes on there', async () => {
        await storage.log.append(0, utf8('one\ntw'));
        await storage.log.append(6, utf8('o\nthr'));
        await storage.log.truncate(5);
        expect(await readLog(storage)).toBe('one\nt');
        await storage.log.truncate(4);
        await storage.log.append(4, utf8('2\n'));
        await reopen();
        expect(await readLog(storage)).toBe('one\n2\n');
        await storage.log.truncate(0);
        expect(await storage.log.length()).toBe(0);
      });

      test('a thousand small appends read back whole', async () => {
        let at = 0;
        for (let i = 0; i < 1000; i++) {
          const line = utf8(`${i}\n`);
          await storage.log.append(at, line);
          at += line.length;
        }
        expect((await readLog(storage)).split('\n').slice(0, -1)).toEqual(
          Array.from({ length: 1000 }, (_, i) => `${i}`),
        );
        expect(await readLog(storage, at - 8)).toBe('998\n999\n');
      });
    });

    describe('records', () => {
      test('a commit is seen by the next reader, and a delete too', async () => {
        await storage.records.commit(changes({ a: { x: [1, null, 'ü'] }, b: 'text' }));
        await storage.records.commit(changes({ b: undefined, c: false, never: undefined }));
        await reopen();
        expect(await storage.records.get('a')).toEqual({ x: [1, null, 'ü'] });
        expect(await storage.records.get('b')).toBeUndefined();
        expect(await storage.records.get('c')).toBe(false);
        expect(await storage.records.keys('')).toEqual(['a', 'c']);
      });

      test('keys by prefix, in code-unit order', async () => {
        const keys = ['run/2', 'run/10', 'run', 'runs/1', 'Run/1', 'run/ä', 'rum', 'run/\u{1f600}', 'run/\uffff'];
        await storage.records.commit(changes(Object.fromEntries(keys.map((key) => [key, key]))));
        expect(await storage.records.keys('run/')).toEqual(keys.filter((key) => key.startsWith('run/')).sort());
        expect(await storage.records.keys('')).toEqual([...keys].sort());
        expect(await storage.records.keys('nothing')).toEqual([]);
      });

      test('any key within the limit stays apart from any other', async () => {
        const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((k) => k.isWellFormed());
        const few = fc.uniqueArray(fc.oneof(key, fc.constantFrom('..', '.', 'A', 'a', '%41', 'a/b', 'x.json')));
        await fc.assert(
          fc.asyncProperty(few, async (keys) => {
            await storage.records.commit(changes(Object.fromEntries(keys.map((k) => [k, { k }]))));
            for (const k of keys) expect(await storage.records.get(k)).toEqual({ k });
            await storage.records.commit(new Map(keys.map((k) => [k, undefined])));
            expect(await storage.records.keys('')).toEqual([]);
          }),
          { numRuns: 15 },
        );
      });

      test.each([
        ['NaN', Number.NaN],
        ['a lone surrogate', '\ud800'],
        ['undefined inside', { a: undefined }],
        ['a class instance', new Date(0)],
      ])('%s is refused, and with it its whole commit', async (_, bad) => {
        const commit = storage.records.commit(changes({ good: 1, bad: bad as unknown as Json }));
        await expect(commit).rejects.toMatchObject({ code: 'not_json' });
        expect(await storage.records.get('good')).toBeUndefined();
      });

      test('too long a key, and too large a record, are refused with their whole commit', async () => {
        const large = 'x'.repeat(LIMITS.recordBytes);
        await expect(storage.records.commit(changes({ good: 1, large }))).rejects.toEqual(code('too_large'));
        const long = 'k'.repeat(LIMITS.recordNameBytes + 1);
        await expect(storage.records.commit(changes({ good: 1, [long]: 1 }))).rejects.toEqual(code('too_large'));
        expect(await storage.records.keys('')).toEqual([]);
      });
    });

    describe('blobs', () => {
      test.each([0, 1, 5000])('%i bytes come back by their SHA-256', async (length) => {
        const bytes = new Uint8Array(length).fill(7);
        const name = await storage.blobs.put(bytes);
        expect(name).toBe(sha256Hex(bytes));
        expect(await storage.blobs.put(bytes)).toBe(name);
        await reopen();
        expect(await storage.blobs.has(name)).toBe(true);
        expect(await storage.blobs.get(name)).toEqual(bytes);
        await storage.blobs.delete(name);
        await storage.blobs.delete(name);
        expect(await storage.blobs.has(name)).toBe(false);
        expect(await storage.blobs.get(name)).toBeUndefined();
      });

      test('a name that is no hash names nothing', async () => {
        expect(await storage.blobs.get('../records/a')).toBeUndefined();
        expect(await storage.blobs.has('')).toBe(false);
      });
    });

    describe('the writer', () => {
      test('a handle without the role reads and does not write', async () => {
        await storage.log.append(0, utf8('one\n'));
        await storage.records.commit(changes({ a: 1 }));
        const reader = await world.open();
        expect(await readLog(reader)).toBe('one\n');
        expect(await reader.records.get('a')).toBe(1);
        await expect(reader.log.append(4, utf8('two\n'))).rejects.toEqual(code('writer_lost'));
        await expect(reader.records.commit(changes({ a: 2 }))).rejects.toEqual(code('writer_lost'));
        await expect(reader.blobs.put(utf8('x'))).rejects.toEqual(code('writer_lost'));
        await reader.close();
        expect(await readLog(storage)).toBe('one\n');
      });

      test('two writers at once: the earlier one is stopped at every write', async () => {
        await storage.log.append(0, utf8('one\n'));
        const later = await world.open();
        await later.claimWriter();
        await expect(storage.log.append(4, utf8('old\n'))).rejects.toEqual(code('writer_lost'));
        await later.log.append(4, utf8('new\n'));
        await later.log.append(8, utf8('newer\n'));
        await expect(storage.log.append(4, utf8('old\n'))).rejects.toEqual(code('writer_lost'));
        await expect(storage.log.truncate(0)).rejects.toEqual(code('writer_lost'));
        await expect(storage.records.commit(changes({ a: 1 }))).rejects.toEqual(code('writer_lost'));
        await expect(storage.blobs.put(utf8('x'))).rejects.toEqual(code('writer_lost'));
        expect(await readLog(later)).toBe('one\nnew\nnewer\n');
        expect(await later.records.keys('')).toEqual([]);
        await later.close();
      });

      test('two claims one after the other leave one writer, before any append', async () => {
        const later = await world.open();
        await later.claimWriter();
        await storage.claimWriter();
        await expect(later.log.append(0, utf8('old\n'))).rejects.toEqual(code('writer_lost'));
        await storage.log.append(0, utf8('new\n'));
        await storage.claimWriter();
        await storage.log.append(4, utf8('newer\n'));
        expect(await readLog(storage)).toBe('new\nnewer\n');
        await later.close();
      });

      test('appends that race with a take-over are there exactly when they were acknowledged', async () => {
        const later = await world.open();
        let at = 0;
        let acknowledged = '';
        for (let i = 0; i < 20; i++) {
          const line = `${i}\n`;
          const appended = storage.log.append(at, utf8(line)).then(
            () => (acknowledged += line),
            (cause: unknown) => expect(cause).toEqual(code('writer_lost')),
          );
          if (i === 10) await Promise.all([appended, later.claimWriter()]);
          else await appended;
          at = utf8(acknowledged).length;
        }
        expect(await readLog(later)).toBe(acknowledged);
        await later.close();
      });
    });

    test('a closed handle says unavailable', async () => {
      const other = await world.open();
      await other.close();
      await expect(other.records.get('a')).rejects.toEqual(code('unavailable'));
      await expect(other.log.length()).rejects.toEqual(code('unavailable'));
    });

    test('usage is a number of bytes, and a quota or null', async () => {
      const { used, quota } = await storage.usage();
      expect(used).toBeGreaterThanOrEqual(0);
      expect(quota === null || quota > 0).toBe(true);
    });
  });
}
