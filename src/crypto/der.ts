import { LIMITS } from '../protocol/limits';

/** One value of a DER text (X.690), with all that is in it. */
export interface Der {
  /** The identifier octet: class, whether it is constructed, number. */
  tag: number;
  content: Uint8Array;
  /** The bytes that it stands in, header included. */
  whole: Uint8Array;
  /** Of a constructed value; else none. */
  children: readonly Der[];
}

const CONSTRUCTED = 0x20;
const LONG_TAG = 0x1f;
/** Three bytes of length are 16 MB: more than `LIMITS.derBytes`. */
const LENGTH_BYTES = 3;

/**
 * Reads exactly one value: definite lengths in their shortest form, tag numbers below 31, nothing after it.
 *
 * @returns `undefined` for anything else, and past `LIMITS.derBytes` or `LIMITS.derDepth`
 */
export function readDer(bytes: Uint8Array): Der | undefined {
  if (bytes.length > LIMITS.derBytes) return undefined;
  const value = readAt(bytes, 0, LIMITS.derDepth);
  return value?.whole.length === bytes.length ? value : undefined;
}

function readAt(bytes: Uint8Array, at: number, depth: number): Der | undefined {
  const tag = bytes[at];
  const header = readLength(bytes, at + 1);
  if (tag === undefined || (tag & LONG_TAG) === LONG_TAG || !header) return undefined;
  const end = header.start + header.length;
  if (end > bytes.length) return undefined;
  const content = bytes.subarray(header.start, end);
  const children = (tag & CONSTRUCTED) === 0 ? [] : readAll(content, depth - 1);
  return children && { tag, content, whole: bytes.subarray(at, end), children };
}

function readAll(content: Uint8Array, depth: number): Der[] | undefined {
  if (depth === 0) return undefined;
  const values: Der[] = [];
  for (let at = 0; at < content.length;) {
    const value = readAt(content, at, depth);
    if (!value) return undefined;
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

function readLength(bytes: Uint8Array, at: number): { start: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { start: at + 1, length: first };
  const count = first - 0x80;
  if (count === 0 || count > LENGTH_BYTES || at + count >= bytes.length) return undefined;
  const length = bytes.subarray(at + 1, at + 1 + count).reduce((n, byte) => n * 256 + byte, 0);
  const shortest = length >= 0x80 && length >= 256 ** (count - 1);
  return shortest ? { start: at + 1 + count, length } : undefined;
}

/** An OBJECT IDENTIFIER in dotted form; `undefined` when the value is none, or an arc is past 2^53. */
export function oidOf(value: Der | undefined): string | undefined {
  if (value?.tag !== 0x06 || value.content.length === 0 || value.content.at(-1)! >= 0x80) return undefined;
  const arcs: number[] = [];
  let arc = 0;
  let begun = false;
  for (const byte of value.content) {
    if (!begun && byte === 0x80) return undefined;
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) return undefined;
    begun = byte >= 0x80;
    if (begun) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [joined = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(joined / 40));
  return [top, joined - 40 * top, ...rest].join('.');
}

/** An INTEGER of at most 6 bytes that is not negative; `tag` for one that is tagged otherwise. */
export function smallInteger(value: Der | undefined, tag = 0x02): number | undefined {
  if (value?.tag !== tag || value.content.length === 0 || value.content.length > 6) return undefined;
  const [first = 0, second] = value.content;
  if (first >= 0x80 || (first === 0 && second !== undefined && second < 0x80)) return undefined;
  return value.content.reduce((n, byte) => n * 256 + byte, 0);
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/;

/**
 * A GeneralizedTime as DER has it, or a UTCTime of a certificate (RFC 5280), in ms since 1970; part of a millisecond
 * counts as one, so that it is never too early.
 */
export function timeOfDer(value: Der | undefined): number | undefined {
  if (value?.tag !== 0x17 && value?.tag !== 0x18) return undefined;
  const text = String.fromCharCode(...value.content.subarray(0, 64));
  const century = value.tag === 0x18 ? '' : Number(text.slice(0, 2)) >= 50 ? '19' : '20';
  const [, year, month, day, hour, minute, second, fraction = ''] = TIME.exec(century + text) ?? [];
  if (year === undefined || (value.tag === 0x17 && fraction !== '')) return undefined;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const ms = Date.parse(iso);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) return undefined;
  return ms + Math.ceil(Number(`0.${fraction || '0'}`) * 1000);
}
