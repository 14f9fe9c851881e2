/**
 * Storage in a directory, for the node in a terminal: `log/entries.jsonl`, `records/`, `blobs/` and `writer.lock`. What
 * is acknowledged is synced to disk; directories are 0700 and files 0600.
 *
 * Non-goal: network file systems, whose `link` and `fsync` promise less.
 */
import { chmod, mkdir, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../../src/storage';
import { FileBlobs } from './storage-blobs';
import { DIR_MODE, isMissing, nodeFs, syncDir } from './storage-files';
import type { FileSystem } from './storage-files';
import { Gate } from './storage-gate';
import { FileLog } from './storage-log';
import { FileRecords } from './storage-records';

export interface FileOptions {
  /** Writes through this; the system's own unless a test injects faults. */
  fs?: FileSystem;
}

/**
 * Opens, and at first makes, the store in `dir`.
 *
 * @throws StorageError `unavailable` when the directory cannot be used; claiming it also while another process holds it.
 */
export async function openFileStorage(dir: string, { fs = nodeFs }: FileOptions = {}): Promise<Storage> {
  const gate = new Gate(dir);
  return gate.read(async () => {
    for (const part of ['', 'log', 'records', 'blobs']) await makeDir(join(dir, part));
    await syncDir(fs, dir);
    const log = await FileLog.open(gate, fs, join(dir, 'log'));
    const records = new FileRecords(gate, fs, join(dir, 'records'));
    return {
      log,
      records,
      blobs: new FileBlobs(gate, fs, join(dir, 'blobs')),
      usage: () => gate.read(() => usage(dir)),
      claimWriter: () =>
        gate.alone(async () => {
          await gate.lock.claim();
          try {
            await log.start();
            await records.start();
          } catch (cause) {
            await gate.lock.release();
            throw cause;
          }
        }),
      async close() {
        await gate.settled();
        gate.close();
        await gate.lock.release();
        await log.close();
      },
    };
  });
}

async function makeDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIR_MODE });
  // One that was there before, or made under another umask.
  await chmod(path, DIR_MODE);
}

/** Bytes of all files; the quota is that plus what is free on the disk. */
async function usage(dir: string): Promise<{ used: number; quota: number }> {
  let used = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) used += await sizeOf(join(entry.parentPath, entry.name));
  }
  const { bavail, bsize } = await statfs(dir);
  return { used, quota: used + bavail * bsize };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    // A temporary file that came to its end meanwhile.
    if (isMissing(cause)) return 0;
    throw cause;
  }
}
