import { spawn } from 'node:child_process';
import { constants, promises as fs } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../src/crypto';
import { code, readLog, storageAcceptance } from '../../src/storage/storage-acceptance';
import { openFileStorage } from './storage';
import type { FileSystem } from './storage-files';

const makeDir = () => mkdtemp(join(tmpdir(), 'sovereign-storage-'));
const removeDir = (dir: string) => rm(dir, { recursive: true, force: true });

storageAcceptance('files', async () => {
  const dir = await makeDir();
  return { open: () => openFileStorage(dir), remove: () => removeDir(dir) };
});

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

async function openWriter(options: { fs?: FileSystem } = {}) {
  const storage = await openFileStorage(dir, options);
  await storage.claimWriter();
  return storage;
}

/** The real file system, until `disk.full`: then every write writes half and fails with ENOSPC. */
function fillableFs() {
  const disk = { full: (_path: string): boolean => false };
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const open: typeof fs.open = async (path, flags, mode) => {
    const file = await fs.open(path, flags, mode);
    const write = file.write.bind(file) as (b: Uint8Array, at: number, n: number, to: number) => Promise<unknown>;
    const writeAll = file.writeFile.bind(file);
    file.write = (async (buffer: Uint8Array, at: number, length: number, offset: number) => {
      if (!disk.full(String(path))) return write(buffer, at, length, offset);
      await write(buffer, at, Math.floor(length / 2), offset);
      throw full();
    }) as typeof file.write;
    file.writeFile = async (bytes) => {
      if (!disk.full(String(path))) return writeAll(bytes);
      await writeAll((bytes as Uint8Array).subarray(0, 1));
      throw full();
    };
    return file;
  };
  return { disk, fs: { open, rename: fs.rename, unlink: fs.unlink } satisfies FileSystem };
}

describe('files', () => {
  test('nobody else can read them', async () => {
    const storage = await openWriter();
    await storage.log.append(0, utf8('one\n'));
    await storage.records.commit(new Map([['keys', 1]]));
    await storage.blobs.put(utf8('blob'));
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    await storage.close();
  });

  test('the log is the file of its lines, and nothing is left lying about', async () => {
    const storage = await openWriter();
    await storage.log.append(0, utf8('one\n'));
    await storage.records.commit(
      new Map([
        ['A/b', 1],
        ['c', 2],
      ]),
    );
    await storage.close();
    expect(await readFile(join(dir, 'log', 'entries.jsonl'), 'utf8')).toBe('one\n');
    expect((await readdir(join(dir, 'records'))).sort()).toEqual(['%41%2fb.json', 'c.json']);
    expect((await readdir(dir)).sort()).toEqual(['blobs', 'log', 'records']);
  });

  test('a full disk in the middle of an append keeps nothing of it, and the store goes on', async () => {
    const { disk, fs } = fillableFs();
    const storage = await openWriter({ fs });
    await storage.log.append(0, utf8('one\n'));
    disk.full = () => true;
    await expect(storage.log.append(4, utf8('a long line that does not fit\n'))).rejects.toEqual(
      code('quota_exceeded'),
    );
    expect(await readFile(join(dir, 'log', 'entries.jsonl'), 'utf8')).toBe('one\n');
    disk.full = () => false;
    await storage.log.append(4, utf8('two\n'));
    expect(await readLog(storage)).toBe('one\ntwo\n');
    await storage.close();
  });

  test('a full disk in the middle of a commit keeps all of it or nothing', async () => {
    const { disk, fs } = fillableFs();
    const storage = await openWriter({ fs });
    await storage.records.commit(
      new Map([
        ['a', 'kept'],
        ['b', 'kept'],
      ]),
    );
    disk.full = (path) => path.includes('commit');
    const refused = storage.records.commit(
      new Map([
        ['a', 'x'],
        ['b', undefined],
      ]),
    );
    await expect(refused).rejects.toEqual(code('quota_exceeded'));
    expect([await storage.records.get('a'), await storage.records.get('b')]).toEqual(['kept', 'kept']);

    // Full only after the commit is decided: it holds, for this handle and for any other, and is finished later.
    disk.full = (path) => path.includes('b.json');
    await storage.records.commit(
      new Map<string, string | undefined>([
        ['a', undefined],
        ['b', 'new'],
        ['c', 'new'],
      ]),
    );
    const reader = await openFileStorage(dir);
    for (const handle of [storage, reader]) {
      expect(await handle.records.get('a')).toBeUndefined();
      expect(await handle.records.get('b')).toBe('new');
      expect(await handle.records.keys('')).toEqual(['b', 'c']);
    }
    await expect(storage.records.commit(new Map([['d', 1]]))).rejects.toEqual(code('quota_exceeded'));
    disk.full = () => false;
    await storage.records.commit(new Map([['d', 1]]));
    expect((await readdir(join(dir, 'records'))).sort()).toEqual(['b.json', 'c.json', 'd.json']);
    await storage.close();
    await reader.close();
  });

  test('a commit that a crash cut off is finished by the next writer', async () => {
    await (await openWriter()).close();
    await writeFile(
      join(dir, 'records', 'commit'),
      JSON.stringify([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    const storage = await openWriter();
    expect(await storage.records.keys('')).toEqual(['a', 'b']);
    expect((await readdir(join(dir, 'records'))).sort()).toEqual(['a.json', 'b.json']);
    await storage.close();
  });

  test.each(['not json', '[["../../escape","1"]]', '[["a"]]'])(
    'a commit file that says %s is refused',
    async (text) => {
      await (await openWriter()).close();
      await writeFile(join(dir, 'records', 'commit'), text);
      const storage = await openFileStorage(dir);
      await expect(storage.claimWriter()).rejects.toEqual(code('corrupt'));
      expect(await readdir(dir)).not.toContain('writer.lock');
      await storage.close();
    },
  );

  test('a tampered blob and a tampered record are reported, not returned', async () => {
    const storage = await openWriter();
    const name = await storage.blobs.put(utf8('blob'));
    await storage.records.commit(new Map([['a', 1]]));
    await writeFile(join(dir, 'blobs', name.slice(0, 2), name), 'blub');
    await writeFile(join(dir, 'records', 'a.json'), '{"a":');
    await expect(storage.blobs.get(name)).rejects.toEqual(code('corrupt'));
    await expect(storage.records.get('a')).rejects.toEqual(code('corrupt'));
    await storage.close();
  });

  test('a log cut short under a reader is reported', async () => {
    const storage = await openWriter();
    await storage.log.append(0, utf8('one\ntwo\n'));
    await fs.truncate(join(dir, 'log', 'entries.jsonl'), 4);
    await expect(readLog(storage)).rejects.toEqual(code('corrupt'));
    await storage.close();
  });

  test('a directory that cannot be one is unavailable', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(openFileStorage(join(dir, 'file'))).rejects.toEqual(code('unavailable'));
  });
});

describe('two processes', () => {
  const lock = () => join(dir, 'writer.lock');

  test('a live one keeps the role: the other is told which, and nothing is taken', async () => {
    // A real other process, alive for the length of this test.
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await (await openWriter()).close();
      await writeFile(lock(), JSON.stringify({ pid: other.pid, started: '', token: 'theirs' }));
      const storage = await openFileStorage(dir);
      await expect(storage.claimWriter()).rejects.toEqual(code('unavailable'));
      await expect(storage.claimWriter()).rejects.toMatchObject({ details: { pid: other.pid } });
      await expect(storage.log.append(0, utf8('one\n'))).rejects.toEqual(code('writer_lost'));
      await storage.close();
      expect(JSON.parse(await readFile(lock(), 'utf8'))).toMatchObject({ token: 'theirs' });
    } finally {
      other.stdin.end();
    }
  });

  test.each([
    ['a process that has ended', () => JSON.stringify({ pid: 2 ** 22 + 1, started: 'x:1', token: 't' })],
    [
      'a process whose number was given to another',
      () => JSON.stringify({ pid: process.pid, started: 'x:1', token: 't' }),
    ],
    ['a torn lock', () => '{"pid":1'],
  ])('%s does not keep the role', async (_, text) => {
    await (await openWriter()).close();
    await writeFile(lock(), text());
    const storage = await openWriter();
    await storage.log.append(0, utf8('one\n'));
    await storage.close();
    expect(await readdir(dir)).not.toContain('writer.lock');
  });

  test('whoever finds its lock replaced stops before it writes', async () => {
    const storage = await openWriter();
    await fs.rename(lock(), `${lock()}.old`);
    await fs.unlink(`${lock()}.old`);
    await (await fs.open(lock(), constants.O_CREAT | constants.O_WRONLY)).close();
    await expect(storage.log.append(0, utf8('one\n'))).rejects.toEqual(code('writer_lost'));
    await storage.close();
    expect(await readdir(dir)).toContain('writer.lock');
  });
});
