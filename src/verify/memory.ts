import type { BundleFile } from '../protocol/bundle';
import { checkNames, checkSize, checkTotal } from './names';
import { bytesSource, collect, pieces, type ByteSource } from './source';
import { VerifyError, type BundleReader } from './types';

/** A bundle's files that are in memory already, e.g. just built. @throws VerifyError as {@link sourcesReader}. */
export const memoryReader = (files: readonly BundleFile[]): BundleReader =>
  sourcesReader(files.map(({ path, bytes }) => ({ path, source: bytesSource(bytes) })));

/**
 * A bundle of separate files, e.g. those of a folder that a person picked.
 *
 * @throws VerifyError `path_refused`, `too_large`, `too_many_files`, `duplicate_name`.
 */
export function sourcesReader(files: readonly { path: string; source: ByteSource }[]): BundleReader {
  checkNames(files.map((file) => file.path));
  for (const { path, source } of files) checkSize(path, source.size);
  const total = files.reduce((n, file) => n + file.source.size, 0);
  checkTotal(total);
  const byPath = new Map(files.map((file) => [file.path, file.source]));
  async function* stream(path: string): AsyncGenerator<Uint8Array> {
    const source = byPath.get(path);
    if (!source) throw new VerifyError('unreadable', `no file ${path}`);
    yield* pieces(source);
  }
  return {
    files: [...byPath.keys()].sort(),
    bytes: total,
    size: (path) => byPath.get(path)?.size ?? 0,
    stream,
    read: (path) => collect(stream(path)),
  };
}
