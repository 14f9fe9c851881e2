/** Files that are either as they were or as they shall be, and what the file system says in the store's words. */
import { constants } from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { dirname } from 'node:path';
import { SovereignError } from '../../src/protocol/errors';
import { quotaExceeded, unavailable } from '../../src/storage';

/** The part of `node:fs/promises` that writes; a test hands in one that fails. */
export type FileSystem = Pick<typeof fsPromises, 'open' | 'rename' | 'unlink'>;

/** Nobody but the owner of the home reads what is in it. */
export const FILE_MODE = 0o600;
export const DIR_MODE = 0o700;

export const nodeFs: FileSystem = fsPromises;

let written = 0;

/** Writes a file so that after any crash it is whole, the old one or the new one. */
export async function writeAtomically(fs: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.${++written}.tmp`;
  try {
    const file = await fs.open(temporary, 'wx', FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (cause) {
    await fs.unlink(temporary).catch(() => undefined);
    throw cause;
  }
  await syncDir(fs, dirname(path));
}

/** Removes a file durably; one that is not there is fine. */
export async function remove(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (cause) {
    if (isMissing(cause)) return;
    throw cause;
  }
  await syncDir(fs, dirname(path));
}

/** A new or removed name is durable once its directory is. Windows cannot open one, and writes names through. */
export async function syncDir(fs: FileSystem, dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(dir, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await fsPromises.access(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

/** The file's bytes, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return Uint8Array.from(await fsPromises.readFile(path));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

export const isMissing = (cause: unknown): boolean => errno(cause) === 'ENOENT';
const errno = (cause: unknown): string | undefined => (cause as NodeJS.ErrnoException | undefined)?.code;

/** What the file system threw, in our words. */
export function storageError(cause: unknown): Error {
  if (cause instanceof SovereignError) return cause;
  const code = errno(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return quotaExceeded(cause);
  return code === undefined && cause instanceof Error ? cause : unavailable(`the files failed (${code})`, cause);
}
