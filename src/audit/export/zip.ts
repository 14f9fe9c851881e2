import { deflateSync } from 'fflate';
import { concat, crc32, sha256Hex, utf8 } from '../../crypto';
import { BUNDLE, type BundleFile } from '../../protocol/bundle';

/** 1980-01-01 00:00:00, the first time a zip can name: the same files give the same bytes on any day. */
const DOS_TIME = 0;
const DOS_DATE = 0x0021;
const VERSION = 20;
/** Made by Unix, so that the upper half of the external attributes is a file mode. */
const MADE_BY = 0x0300 | VERSION;
const STORE = 0;
const DEFLATE = 8;

interface Packed {
  path: Uint8Array;
  method: number;
  crc: number;
  data: Uint8Array;
  size: number;
  mode: number;
  offset: number;
}

/**
 * The files as one zip (APPNOTE 6.3), in the given order, without zip64, extra fields or data descriptors. Its comment
 * is the SHA-256 of every byte before it, so that a change in a header is seen as well as one in a file.
 */
export function zipBundle(files: readonly BundleFile[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const entries: Packed[] = [];
  let offset = 0;
  for (const file of files) {
    const entry = pack(file, offset);
    const header = localHeader(entry);
    parts.push(header, entry.path, entry.data);
    offset += header.length + entry.path.length + entry.data.length;
    entries.push(entry);
  }
  const directory = concat(...entries.flatMap((entry) => [centralHeader(entry), entry.path]));
  const comment = utf8(BUNDLE.zipComment + '0'.repeat(64)).length;
  const before = concat(...parts, directory, endRecord(entries.length, directory.length, offset, comment));
  return concat(before, utf8(BUNDLE.zipComment + sha256Hex(before)));
}

function pack(file: BundleFile, offset: number): Packed {
  const deflated = deflateSync(file.bytes, { level: 6 });
  const smaller = deflated.length < file.bytes.length;
  return {
    path: utf8(file.path),
    method: smaller ? DEFLATE : STORE,
    crc: crc32(file.bytes),
    data: smaller ? deflated : file.bytes,
    size: file.bytes.length,
    mode: file.path === BUNDLE.script ? 0o100755 : 0o100644,
    offset,
  };
}

/** The fields that a local and a central header share, from "version needed" to "extra field length". */
function shared(entry: Packed): Uint8Array {
  return fields(
    [2, VERSION],
    [2, 0],
    [2, entry.method],
    [2, DOS_TIME],
    [2, DOS_DATE],
    [4, entry.crc],
    [4, entry.data.length],
    [4, entry.size],
    [2, entry.path.length],
    [2, 0],
  );
}

const localHeader = (entry: Packed): Uint8Array => concat(fields([4, 0x04034b50]), shared(entry));

function centralHeader(entry: Packed): Uint8Array {
  const attributes = entry.mode * 0x10000;
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
