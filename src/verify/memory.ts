import type { BundleFile } from '../protocol/bundle';
import { checkNames, checkSize, checkTotal } from './names';
import { VerifyError, type BundleReader } from './types';

/**
 * A bundle's files that are in memory already, e.g. picked by a person or just built.
 *
 * @throws VerifyError `path_refused`, `too_large`, `too_many_files`, `duplicate_name`.
 */
export function memoryReader(files: readonly BundleFile[]): BundleReader {
  checkNames(files.map((file) => file.path));
  for (const { path, bytes } of files) checkSize(path, bytes.length);
  const total = files.reduce((n, file) => n + file.bytes.length, 0);
  checkTotal(total);
  const byPath = new Map(files.map((file) => [file.path, file.bytes]));
  const read = (path: string): Promise<Uint8Array> => {
    const bytes = byPath.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new VerifyError('unreadable', `no file ${path}`));
  };
  return {
    files: [...byPath.keys()].sort(),
    bytes: total,
    size: (path) => byPath.get(path)?.length ?? 0,
    read,
    async *stream(path) {
      yield await read(path);
    },
  };
}
