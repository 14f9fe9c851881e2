import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../src/protocol/limits';
import { checkNames, checkPath, checkSize, checkTotal, VerifyError, type BundleReader } from '../src/verify';

/**
 * A bundle in a directory, read where it lies and never written to. Links and special files are refused, so that nothing
 * outside it is read and no read can hang.
 *
 * @throws VerifyError `path_refused`, `too_large`, `too_many_files`, `duplicate_name`; the system's error when the
 *   directory cannot be listed.
 */
export async function directoryReader(root: string): Promise<BundleReader> {
  const sizes = new Map<string, number>();
  await list(root, '', sizes);
  const files = [...sizes.keys()].sort();
  checkNames(files);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  checkTotal(bytes);
  const read = (path: string): Promise<Uint8Array> => readWhole(root, path, sizes.get(path));
  return {
    files,
    bytes,
    size: (path) => sizes.get(path) ?? 0,
    read,
    async *stream(path) {
      yield await read(path);
    },
  };
}

async function list(root: string, folder: string, sizes: Map<string, number>): Promise<void> {
  for await (const entry of await opendir(join(root, folder))) {
    const path = folder + entry.name;
    checkPath(path);
    if (entry.isDirectory()) {
      await list(root, `${path}/`, sizes);
      continue;
    }
    if (!entry.isFile()) {
      throw new VerifyError('path_refused', `${path} is a link or a special file`, {
        advice: 'Copy the real files into a directory of their own.',
      });
    }
    const { size } = await lstat(join(root, path));
    checkSize(path, size);
    sizes.set(path, size);
    if (sizes.size > LIMITS.bundleFiles)
      throw new VerifyError('too_many_files', `more than ${LIMITS.bundleFiles} files are not read`);
  }
}

/** Exactly `size` bytes: a file that changes meanwhile is not evidence. */
async function readWhole(root: string, path: string, size: number | undefined): Promise<Uint8Array> {
  if (size === undefined) throw new VerifyError('unreadable', `no file ${path}`);
  try {
    const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size !== size)
        throw new VerifyError('unreadable', `${path} changed while it was read`);
      return await fill(file, path, size);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof VerifyError) throw cause;
    throw new VerifyError(
      'unreadable',
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`,
      { cause },
    );
  }
}

async function fill(file: Awaited<ReturnType<typeof open>>, path: string, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) throw new VerifyError('unreadable', `${path} changed while it was read`);
    at += bytesRead;
  }
  return bytes;
}
