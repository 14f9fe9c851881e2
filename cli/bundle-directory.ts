import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../src/protocol/limits';
import {
  checkNames,
  checkPath,
  checkSize,
  checkTotal,
  collect,
  pieces,
  VerifyError,
  type BundleReader,
} from '../src/verify';
import { openFile } from './bundle-file';

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
  const stream = (path: string): AsyncIterable<Uint8Array> => readFile(root, path, sizes.get(path));
  return { files, bytes, size: (path) => sizes.get(path) ?? 0, stream, read: (path) => collect(stream(path)) };
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
async function* readFile(root: string, path: string, size: number | undefined): AsyncGenerator<Uint8Array> {
  if (size === undefined) throw new VerifyError('unreadable', `no file ${path}`);
  const file = await openFile(join(root, path), path);
  try {
    if (file.size !== size) throw new VerifyError('unreadable', `${path} changed while it was read`);
    yield* pieces(file);
  } finally {
    await file.close();
  }
}
