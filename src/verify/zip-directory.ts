import { equalBytes } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { buffered, type ByteSource } from './source';
import { VerifyError } from './types';

/** One file or folder of a zip, judged by its headers alone. */
export interface ZipEntry {
  /** As written; a folder's ends in `/`. */
  path: string;
  deflated: boolean;
  crc: number;
  size: number;
  /** Where its bytes stand in the zip, and how many. */
  from: number;
  packed: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
/** What a local and a central header have in common. */
const SAME_BYTES = 24;
/** The end record, without its comment. */
export const END_BYTES = 22;

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
 * @throws VerifyError `bad_zip`, `too_many_files`, `unreadable`.
 */
export async function readDirectory(zip: ByteSource, end: number): Promise<ZipEntry[]> {
  const record = viewOf(await zip.read(end, END_BYTES));
  const count = record.getUint16(10, true);
  const start = record.getUint32(16, true);
  if (count === 0xffff || start === 0xffffffff) bad('uses zip64');
  if (record.getUint32(4, true) !== 0 || record.getUint16(8, true) !== count) bad('is one of several parts');
  if (count > 2 * LIMITS.bundleFiles)
    throw new VerifyError(
      'too_many_files',
      `the zip has ${count} entries; at most ${LIMITS.bundleFiles} files are read`,
    );
  if (start + record.getUint32(12, true) !== end) bad('has bytes between its directory and its end');
  if (end - start > LIMITS.zipDirectoryBytes) bad('has a directory that is longer than any bundle needs');
  const entries = centralEntries(await zip.read(start, end - start), count);
  await checkLocals(zip, entries, start);
  return entries;
}

interface Central extends ZipEntry {
  /** Of its local header. */
  offset: number;
  /** As in the directory: from "flags" to "name length", and the name. */
  header: Uint8Array;
  name: Uint8Array;
}

function centralEntries(directory: Uint8Array, count: number): Central[] {
  const view = viewOf(directory);
  const entries: Central[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > directory.length || view.getUint32(at, true) !== CENTRAL) bad('has a broken directory');
    const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true);
    if (next > directory.length) bad('has a broken directory');
    const name = directory.subarray(at + CENTRAL_BYTES, nameEnd);
    entries.push(centralEntry(new DataView(view.buffer, view.byteOffset + at, CENTRAL_BYTES), name));
    checkExtra(directory.subarray(nameEnd, next), ascii(name));
    at = next;
  }
  if (at !== directory.length) bad('has more in its directory than it counts');
  return entries;
}

function centralEntry(view: DataView, name: Uint8Array): Central {
  const path = ascii(name);
  const method = view.getUint16(10, true);
  const packed = view.getUint32(20, true);
  const size = view.getUint32(24, true);
  const offset = view.getUint32(42, true);
  checkFeatures(path, view.getUint16(8, true), method, view.getUint32(38, true) >>> 16);
  if (view.getUint16(32, true) !== 0) bad(`has a comment on ${path}`);
  if (view.getUint16(34, true) !== 0) bad('is one of several parts');
  if (packed === 0xffffffff || size === 0xffffffff || offset === 0xffffffff) bad('uses zip64');
  if (method === 8 && packed === 0) bad(`has no data for ${path}`);
  if (method === 0 && packed !== size) bad(`stores ${path} with two sizes`);
  if (path.endsWith('/') && size !== 0) bad(`gives the folder ${path} a content`);
  const header = new Uint8Array(view.buffer, view.byteOffset + 6, SAME_BYTES);
  return { path, deflated: method === 8, crc: view.getUint32(16, true), size, packed, from: 0, offset, header, name };
}

/** Each local header says what the directory says, and the files follow each other without a gap from 0 to `end`. */
async function checkLocals(zip: ByteSource, entries: readonly Central[], end: number): Promise<void> {
  const ahead = buffered(zip);
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset !== at) bad(entry.offset < at ? 'has files that overlap' : 'has bytes that belong to no file');
    const nameEnd = at + LOCAL_BYTES + entry.name.length;
    if (nameEnd > end) bad('has no file where it says');
    const local = await ahead.read(at, nameEnd - at);
    const view = viewOf(local);
    if (view.getUint32(0, true) !== LOCAL) bad('has no file where it says');
    // Version, flags, method, time, date, CRC, both sizes and the name's length stand in the same order in both.
    const same = equalBytes(entry.header, local.subarray(4, 4 + SAME_BYTES));
    if (!same || !equalBytes(entry.name, local.subarray(LOCAL_BYTES))) bad('says two things of one file');
    entry.from = nameEnd + view.getUint16(28, true);
    at = entry.from + entry.packed;
    if (at > end) bad('has a file that reaches into its directory');
    checkExtra(await ahead.read(nameEnd, entry.from - nameEnd), 'a file');
  }
  if (at !== end) bad('has bytes that belong to no file');
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function checkFeatures(path: string, flags: number, method: number, mode: number): void {
  if (flags & 1) bad(`has an encrypted file, ${path}`);
  if (flags & 8) bad(`gives the size of ${path} only after it (a data descriptor)`);
  if ((flags & ~HARMLESS_FLAGS) !== 0) bad(`uses flags 0x${flags.toString(16)} for ${path}`);
  if (method !== 0 && method !== 8) bad(`packs ${path} with method ${method}; only store (0) and deflate (8) are read`);
  const kind = mode & 0o170000;
  if (kind === 0o120000) bad(`has a symbolic link, ${path}`);
  if (kind !== 0 && kind !== (path.endsWith('/') ? 0o040000 : 0o100000)) bad(`has a special file, ${path}`);
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
