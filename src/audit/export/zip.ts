import { concat, hex, sha256Stream, utf8 } from '../../crypto';
import { BUNDLE } from '../../protocol/bundle';
import { LIMITS } from '../../protocol/limits';
import { tooLarge } from './errors';
import type { PackedFile } from './pack';

/** 1980-01-01 00:00:00, the first time a zip can name: the same files give the same bytes on any day. */
const DOS_TIME = 0;
const DOS_DATE = 0x0021;
const VERSION = 20;
/** Made by Unix, so that the upper half of the external attributes is a file mode. */
const MADE_BY = 0x0300 | VERSION;
const STORE = 0;
const DEFLATE = 8;

/** A file, and where its local header stands. */
interface Placed extends PackedFile {
  name: Uint8Array;
  packed: number;
  offset: number;
}

/**
 * The files as one zip (APPNOTE 6.3), in the given order, without zip64, extra fields or data descriptors. Its comment
 * is the SHA-256 of every byte before it, so that a change in a header is seen as well as one in a file.
 *
 * @throws ExportError `bundle_too_large` where a zip without zip64 ends.
 */
export function zipBundle(files: readonly PackedFile[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const placed: Placed[] = [];
  let offset = 0;
  for (const file of files) {
    const packed = file.parts.reduce((n, part) => n + part.length, 0);
    const entry = { ...file, name: utf8(file.path), packed, offset };
    const header = localHeader(entry);
    parts.push(header, entry.name, ...file.parts);
    offset += header.length + entry.name.length + packed;
    placed.push(entry);
  }
  const directory = concat(...placed.flatMap((entry) => [centralHeader(entry), entry.name]));
  const comment = utf8(BUNDLE.zipComment + '0'.repeat(64)).length;
  parts.push(directory, endRecord(placed.length, directory.length, offset, comment));
  return sealed(parts, comment);
}

/** The parts in one piece, copied once, and the comment that holds their hash. */
function sealed(parts: readonly Uint8Array[], comment: number): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((n, part) => n + part.length, comment);
  if (length > LIMITS.verifyBytes) throw tooLarge('The zip');
  const zip = new Uint8Array(length);
  const hasher = sha256Stream();
  let at = 0;
  for (const part of parts) {
    zip.set(part, at);
    hasher.update(part);
    at += part.length;
  }
  zip.set(utf8(BUNDLE.zipComment + hex(hasher.digest())), at);
  return zip;
}

/** The fields that a local and a central header share, from "version needed" to "extra field length". */
function shared(entry: Placed): Uint8Array {
  return fields(
    [2, VERSION],
    [2, 0],
    [2, entry.deflated ? DEFLATE : STORE],
    [2, DOS_TIME],
    [2, DOS_DATE],
    [4, entry.crc],
    [4, entry.packed],
    [4, entry.size],
    [2, entry.name.length],
    [2, 0],
  );
}

const localHeader = (entry: Placed): Uint8Array => concat(fields([4, 0x04034b50]), shared(entry));

function centralHeader(entry: Placed): Uint8Array {
  const mode = entry.path === BUNDLE.script ? 0o100755 : 0o100644;
  const attributes = mode * 0x10000;
  const rest = fields([2, 0], [2, 0], [2, 0], [4, attributes], [4, entry.offset]);
  return concat(fields([4, 0x02014b50], [2, MADE_BY]), shared(entry), rest);
}

const endRecord = (count: number, size: number, offset: number, comment: number): Uint8Array =>
  fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, comment]);

/** Little-endian integers of 2 or 4 bytes. */
function fields(...list: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const out = new Uint8Array(list.reduce((n, [width]) => n + width, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [width, value] of list) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return out;
}
