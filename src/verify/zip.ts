import { crc32, fromUtf8, sha256Hex } from '../crypto';
import { BUNDLE } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import { checkNames, checkPath, checkSize, checkTotal } from './names';
import { memoryReader } from './memory';
import { inflate } from './inflate';
import { readDirectory, type ZipEntry } from './zip-directory';
import { VerifyError, type BundleReader } from './types';

const END_BYTES = 22;
const COMMENT_BYTES = BUNDLE.zipComment.length + 64;

/**
 * A bundle in a zip, held in memory. Accepts what `zipBundle` writes, whose comment is the hash of all that stands
 * before it, and what `zip -r` or Python's zipfile make of the same directory (one folder around it is taken off).
 * Sizes and ratios are judged before anything is inflated; a file is inflated when it is read.
 *
 * @throws VerifyError `bad_zip`, `path_refused`, `too_large`, `too_many_files`, `duplicate_name`.
 */
export function zipReader(zip: Uint8Array): BundleReader {
  checkTotal(zip.length);
  const end = findEnd(zip);
  if (!end.intact) return damaged(zip, end.at);
  return open(zip, end.at);
}

/** A zip that is ours and was changed: still looked into, to say where, as far as it can be. */
function damaged(zip: Uint8Array, end: number): BundleReader {
  const damage = 'the zip is not as it was written: its bytes do not have the SHA-256 in its comment';
  try {
    return { ...open(zip, end), damage };
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    const nothing = memoryReader([]);
    return { ...nothing, damage: `${damage}; ${error.message}` };
  }
}

function open(zip: Uint8Array, end: number): BundleReader {
  const entries = readDirectory(zip, end);
  const strip = commonFolder(entries);
  const byPath = new Map<string, ZipEntry>();
  let bytes = 0;
  const paths: string[] = [];
  for (const entry of entries) {
    const isFolder = entry.path.endsWith('/');
    checkPath(isFolder ? entry.path.slice(0, -1) : entry.path);
    if (isFolder) continue;
    const path = entry.path.slice(strip.length);
    checkSize(path, entry.size);
    checkRatio(path, entry);
    bytes += entry.size;
    paths.push(path);
    byPath.set(path, entry);
  }
  checkTotal(bytes);
  checkNames(paths);
  const read = (path: string): Promise<Uint8Array> => new Promise((resolve) => resolve(unpack(path, byPath.get(path))));
  return {
    files: paths.sort(),
    bytes,
    size: (path) => byPath.get(path)?.size ?? 0,
    read,
    async *stream(path) {
      yield await read(path);
    },
  };
}

function checkRatio(path: string, entry: ZipEntry): void {
  if (entry.size > entry.data.length * LIMITS.zipRatio)
    throw new VerifyError('too_large', `${path} would grow more than ${LIMITS.zipRatio} times: a zip bomb`);
}

function unpack(path: string, entry: ZipEntry | undefined): Uint8Array {
  if (!entry) throw new VerifyError('not_a_bundle', `no file ${path}`);
  const bytes = entry.deflated ? inflate(entry.data, entry.size) : entry.data;
  if (crc32(bytes) !== entry.crc) throw new VerifyError('bad_zip', `${path} does not have its CRC-32`);
  return bytes;
}

/** `name/` when every entry lies in that one folder and the bundle's list is right in it. */
function commonFolder(entries: readonly ZipEntry[]): string {
  const first = entries[0]?.path ?? '';
  const folder = first.slice(0, first.indexOf('/') + 1);
  const inside = folder !== '' && entries.every((entry) => entry.path.startsWith(folder));
  return inside && entries.some((entry) => entry.path === folder + BUNDLE.sums) ? folder : '';
}

/**
 * The end record stands either right at the end, or right before our own comment. Any other place means a comment we
 * do not know or bytes after the zip.
 */
function findEnd(zip: Uint8Array): { at: number; intact: boolean } {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  for (const comment of [0, COMMENT_BYTES]) {
    const at = zip.length - END_BYTES - comment;
    if (at < 0 || view.getUint32(at, true) !== 0x06054b50 || view.getUint16(at + 20, true) !== comment) continue;
    const text = asText(zip.subarray(at + END_BYTES));
    if (comment === 0) return { at, intact: true };
    if (text.startsWith(BUNDLE.zipComment))
      return { at, intact: text === BUNDLE.zipComment + sha256Hex(zip.subarray(0, at + END_BYTES)) };
  }
  throw new VerifyError('bad_zip', 'no end record of a zip where a bundle has it', {
    advice: 'Check that this is the whole file, as it was exported.',
  });
}

function asText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
}
