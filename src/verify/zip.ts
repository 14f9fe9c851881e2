import { crc32, fromUtf8, hex, sha256Stream } from '../crypto';
import { BUNDLE } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import { checkNames, checkPath, checkSize, checkTotal } from './names';
import { memoryReader } from './memory';
import { Inflater } from './inflate';
import { collect, pieces, type ByteSource } from './source';
import { END_BYTES, readDirectory, type ZipEntry } from './zip-directory';
import { VerifyError, type BundleReader } from './types';

const COMMENT_BYTES = BUNDLE.zipComment.length + 64;

export interface Progress {
  signal?: AbortSignal;
  onProgress?: (step: string, done: number, total: number) => void;
}

/**
 * A bundle in a zip, wherever that is. Accepts what `zipBundle` writes, whose comment is the hash of all that stands
 * before it, and what `zip -r` or Python's zipfile make of the same directory (one folder around it is taken off).
 * Sizes and ratios are judged before anything is inflated; a file is inflated while it is read, in bounded memory.
 *
 * @throws VerifyError `bad_zip`, `path_refused`, `too_large`, `too_many_files`, `duplicate_name`, `unreadable`,
 *   `cancelled`.
 */
export async function zipReader(zip: ByteSource, progress: Progress = {}): Promise<BundleReader> {
  checkTotal(zip.size);
  const end = await findEnd(zip);
  const intact = end.sha256 === undefined || end.sha256 === (await hashUpTo(zip, end.at + END_BYTES, progress));
  return intact ? open(zip, end.at) : damaged(zip, end.at);
}

/** A zip that is ours and was changed: still looked into, to say where, as far as it can be. */
async function damaged(zip: ByteSource, end: number): Promise<BundleReader> {
  const damage = 'the zip is not as it was written: its bytes do not have the SHA-256 in its comment';
  try {
    return { ...(await open(zip, end)), damage };
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    return { ...memoryReader([]), damage: `${damage}; ${error.message}` };
  }
}

async function hashUpTo(zip: ByteSource, end: number, { signal, onProgress }: Progress): Promise<string> {
  const hash = sha256Stream();
  let done = 0;
  for await (const piece of pieces(zip, 0, end)) {
    if (signal?.aborted) throw new VerifyError('cancelled', 'The verification was cancelled.');
    hash.update(piece);
    onProgress?.('zip', (done += piece.length), end);
  }
  return hex(hash.digest());
}

async function open(zip: ByteSource, end: number): Promise<BundleReader> {
  const entries = await readDirectory(zip, end);
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
  const stream = (path: string): AsyncIterable<Uint8Array> => unpack(zip, path, byPath.get(path));
  return {
    files: paths.sort(),
    bytes,
    size: (path) => byPath.get(path)?.size ?? 0,
    stream,
    read: (path) => collect(stream(path)),
  };
}

function checkRatio(path: string, entry: ZipEntry): void {
  if (entry.size > entry.packed * LIMITS.zipRatio)
    throw new VerifyError('too_large', `${path} would grow more than ${LIMITS.zipRatio} times: a zip bomb`);
}

async function* unpack(zip: ByteSource, path: string, entry: ZipEntry | undefined): AsyncGenerator<Uint8Array> {
  if (!entry) throw new VerifyError('unreadable', `no file ${path}`);
  const end = entry.from + entry.packed;
  const inflater = entry.deflated ? new Inflater(entry.size) : undefined;
  let crc = 0;
  let at = entry.from;
  for await (const packed of pieces(zip, at, end)) {
    at += packed.length;
    for (const piece of inflater?.push(packed, at === end) ?? [packed]) {
      crc = crc32(piece, crc);
      yield piece;
    }
  }
  if (crc !== entry.crc) throw new VerifyError('bad_zip', `${path} does not have its CRC-32`);
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
async function findEnd(zip: ByteSource): Promise<{ at: number; sha256?: string }> {
  for (const comment of [0, COMMENT_BYTES]) {
    const at = zip.size - END_BYTES - comment;
    if (at < 0) continue;
    const tail = await zip.read(at, END_BYTES + comment);
    const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
    if (view.getUint32(0, true) !== 0x06054b50 || view.getUint16(20, true) !== comment) continue;
    if (comment === 0) return { at };
    const text = asText(tail.subarray(END_BYTES));
    if (text.startsWith(BUNDLE.zipComment)) return { at, sha256: text.slice(BUNDLE.zipComment.length) };
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
