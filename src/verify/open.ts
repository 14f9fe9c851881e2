import { checkSize } from './names';
import { seedFormat, SEED_NAMES } from './seed';
import { collect, pieces, type ByteSource } from './source';
import type { BundleReader } from './types';
import { zipReader, type Progress } from './zip';

/** Enough of a file to tell what it is. */
const HEAD_BYTES = 4_096;

/**
 * One file that somebody gave, as a bundle: a zip, or a single file in one of the seed's formats.
 *
 * @param name its name, without the folder
 * @throws VerifyError as {@link zipReader}.
 */
export async function fileReader(name: string, source: ByteSource, progress: Progress = {}): Promise<BundleReader> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const format = seedFormat(name, head);
  // Under the name that the seed gives it: a person may call it as a file of our own bundles is called.
  return format ? singleReader(SEED_NAMES[format], source) : zipReader(source, progress);
}

function singleReader(path: string, source: ByteSource): BundleReader {
  checkSize(path, source.size);
  const stream = (): AsyncIterable<Uint8Array> => pieces(source);
  return {
    files: [path],
    bytes: source.size,
    size: (asked) => (asked === path ? source.size : 0),
    stream,
    read: () => collect(stream()),
  };
}
