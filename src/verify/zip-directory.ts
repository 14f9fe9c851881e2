import { LIMITS } from '../protocol/limits';
import { VerifyError } from './types';

/** One file or folder of a zip, judged by its headers alone. */
export interface ZipEntry {
  /** As written; a folder's ends in `/`. */
  path: string;
  deflated: boolean;
  crc: number;
  size: number;
  /** Its bytes as they stand in the zip. */
  data: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;

/**
 * Flags that change nothing: the two of deflate's level, and "names are UTF-8" (ours are ASCII). All others are a
 * feature that we refuse: 0 encryption, 3 sizes after the data, 5 patches, 6 strong encryption, 13 masked headers.
 */
const HARMLESS_FLAGS = 0x0806;
/** Extra fields with times and owners only. Others may rename, resize or encrypt: zip64, Unicode path, AES. */
const HARMLESS_EXTRAS = new Set([0x5455, 0x5855, 0x7855, 0x7875, 0x000a]);

function bad(what: string): never {
  throw new VerifyError('bad_zip', `the zip ${what}`, {
    advice: 'Ask for the bundle again, or unpack it and verify the directory.',
  });
}

/**
 * Reads the central directory that ends at `end`, and holds each local header against it. Every byte of the zip belongs
 * to exactly one header or file: no gap, no overlap, so that no other reader can find other files in it.
 *
 * @throws VerifyError `bad_zip`, `too_many_files`.
 */
export function readDirectory(zip: Uint8Array, end: number): ZipEntry[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || start === 0xffffffff) bad('uses zip64');
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count) bad('is one of several parts');
  if (count > 2 * LIMITS.bundleFiles)
    throw new VerifyError(
      'too_many_files',
      `the zip has ${count} entries; at most ${LIMITS.bundleFiles} files are read`,
    );
  if (start + view.getUint32(end + 12, true) !== end) bad('has bytes between its directory and its end');

  const entries: Located[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) bad('has a broken directory');
    const entry = centralEntry(zip, view, at, end);
    entries.push(entry);
    at = entry.next;
  }
  if (at !== end) bad('has more in its directory than it counts');
  checkTiling(zip, view, entries, start);
  return entries;
}

interface Located extends ZipEntry {
  offset: number;
  next: number;
}

function centralEntry(zip: Uint8Array, view: DataView, at: number, end: number): Located {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  if (extraEnd > end) bad('has a broken directory');
  const path = ascii(zip.subarray(at + CENTRAL_BYTES, nameEnd));
  const offset = view.getUint32(at + 42, true);
  checkFeatures(path, flags, method, view.getUint32(at + 38, true) >>> 16);
  if (view.getUint16(at + 32, true) !== 0) bad(`has a comment on ${path}`);
  if (view.getUint16(at + 34, true) !== 0) bad('is one of several parts');
  if (packed === 0xffffffff || size === 0xffffffff || offset === 0xffffffff) bad('uses zip64');
  if (method === 0 && packed !== size) bad(`stores ${path} with two sizes`);
  if (path.endsWith('/') && size !== 0) bad(`gives the folder ${path} a content`);
  checkExtra(zip.subarray(nameEnd, extraEnd), path);
  const crc = view.getUint32(at + 16, true);
  return { path, deflated: method === 8, crc, size, offset, next: extraEnd, data: localData(zip, view, at, offset) };
}

function checkFeatures(path: string, flags: number, method: number, mode: number): void {
  if (flags & 1) bad(`has an encrypted file, ${path}`);
  if (flags & 8) bad(`gives the size of ${path} only after it (a data descriptor)`);
  if ((flags & ~HARMLESS_FLAGS) !== 0) bad(`uses flags 0x${flags.toString(16)} for ${path}`);
  if (method !== 0 && method !== 8) bad(`packs ${path} with method ${method}; only store (0) and deflate (8) are read`);
  const kind = mode & 0o170000;
  if (kind === 0o120000) bad(`has a symbolic link, ${path}`);
  if (kind !== 0 && kind !== (path.endsWith('/') ? 0o040000 : 0o100000)) bad(`has a special file, ${path}`);
}

/** The bytes of the file at `offset`, after its local header was found to say what the central one at `at` says. */
function localData(zip: Uint8Array, view: DataView, at: number, offset: number): Uint8Array {
  const nameBytes = view.getUint16(at + 28, true);
  const dataBytes = view.getUint32(at + 20, true);
  if (offset + LOCAL_BYTES + nameBytes > at || view.getUint32(offset, true) !== LOCAL) bad('has no file where it says');
  // Version, flags, method, time, date, CRC, both sizes and the name's length stand in the same order in both.
  const same = range(zip, at + 6, 24) === range(zip, offset + 4, 24);
  const sameName = range(zip, at + CENTRAL_BYTES, nameBytes) === range(zip, offset + LOCAL_BYTES, nameBytes);
  if (!same || !sameName) bad('says two things of one file');
  const extra = offset + LOCAL_BYTES + nameBytes;
  const data = extra + view.getUint16(offset + 28, true);
  if (data + dataBytes > at) bad('has a file that reaches into its directory');
  checkExtra(zip.subarray(extra, data), 'a file');
  return zip.subarray(data, data + dataBytes);
}

const range = (zip: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...zip.subarray(from, from + Math.min(length, LIMITS.bundlePathBytes * 2)));

function checkTiling(zip: Uint8Array, view: DataView, entries: readonly Located[], end: number): void {
  let at = 0;
  for (const { offset, data } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset !== at) bad(offset < at ? 'has files that overlap' : 'has bytes that belong to no file');
    at = data.byteOffset - zip.byteOffset + data.length;
  }
  if (at !== end) bad('has bytes that belong to no file');
}

function checkExtra(extra: Uint8Array, path: string): void {
  for (let at = 0; at < extra.length;) {
    if (at + 4 > extra.length) bad(`has a broken extra field on ${path}`);
    const id = extra[at]! | (extra[at + 1]! << 8);
    if (id === 1) bad('uses zip64');
    if (!HARMLESS_EXTRAS.has(id)) bad(`has an extra field 0x${id.toString(16)} on ${path}`);
    at += 4 + (extra[at + 2]! | (extra[at + 3]! << 8));
    if (at > extra.length) bad(`has a broken extra field on ${path}`);
  }
}

/** Names are compared as bytes; what is not ASCII is refused by the path rule later, in this spelling. */
const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, LIMITS.bundlePathBytes + 1));
