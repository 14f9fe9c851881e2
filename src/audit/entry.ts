/** One line of the log: building it, and reading it strictly. The format is docs/log-format.md. */
import { JcsError, concat, fromUtf8, isSha256, jcs, utf8 } from '../crypto';
import type { Sha256 } from '../crypto';
import type { JsonObject } from '../protocol/json';
import { LIMITS } from '../protocol/limits';
import { AuditError, EVENT_TYPES } from './types';
import type { Entry, EventType, NewEntry, Severity } from './types';

/** A checked entry that waits for its place. `data` is its JCS form, so that the caller may go on changing his object. */
export interface PreparedEntry {
  readonly type: EventType;
  readonly severity: Severity;
  readonly data: Uint8Array<ArrayBuffer>;
}

const SEVERITIES: readonly unknown[] = ['INFO', 'WARNING', 'CRITICAL'] satisfies Severity[];
const TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);
const KEYS = 'data,prev,seq,severity,ts,type,v';
export const NO_HASH: Sha256 = '0'.repeat(64);
/** The last millisecond that ISO 8601 writes with four digits of year. */
export const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const HEAD = utf8('{"data":');
/** JCS orders keys, so all but `data` follows it. Every value here is plain ASCII that JSON writes as it is. */
const tail = (seq: number, prev: Sha256, time: number, type: EventType, severity: Severity): string =>
  `,"prev":"${prev}","seq":${seq},"severity":"${severity}","ts":"${new Date(time).toISOString()}","type":"${type}","v":1}\n`;

const LONGEST_TYPE = EVENT_TYPES.reduce((a, b) => (b.length > a.length ? b : a));
const FRAME_BYTES = HEAD.length + tail(Number.MAX_SAFE_INTEGER, NO_HASH, 0, LONGEST_TYPE, 'CRITICAL').length;

/** Bytes of a line with this data, at most. */
export const lineBytes = (entry: PreparedEntry): number => entry.data.length + FRAME_BYTES;

/**
 * Checks an entry and freezes its data as JCS bytes.
 *
 * @throws AuditError `not_json` when it is not I-JSON (NaN, a lone surrogate, `undefined`, a Map, …), not an object, or
 *   of an unknown type or severity; `entry_too_large` past LIMITS.entryBytes.
 */
export function prepareEntry({ type, severity = 'INFO', data }: NewEntry): PreparedEntry {
  if (!TYPES.has(type)) throw new AuditError('not_json', `${String(type)} is not an event type`);
  if (!SEVERITIES.includes(severity)) throw new AuditError('not_json', `${String(severity)} is not a severity`);
  if (!isObject(data)) throw new AuditError('not_json', "an entry's data is not a JSON object");
  const prepared = { type, severity, data: encode(data) };
  if (lineBytes(prepared) > LIMITS.entryBytes) {
    throw new AuditError('entry_too_large', `an entry is larger than ${LIMITS.entryBytes} bytes`, {
      advice: 'Store the large part as a file and name it by its hash.',
    });
  }
  return prepared;
}

function encode(data: JsonObject): Uint8Array<ArrayBuffer> {
  try {
    // Depth 1: the line around it is the first level.
    return utf8(jcs(data, 1));
  } catch (cause) {
    if (cause instanceof JcsError) throw new AuditError('not_json', cause.message, { cause });
    throw cause;
  }
}

/** The stored bytes, LF included. `time` is in ms since the epoch, from 0 to {@link LAST_TIME}. */
export const writeLine = (entry: PreparedEntry, seq: number, prev: Sha256, time: number): Uint8Array<ArrayBuffer> =>
  concat(HEAD, entry.data, utf8(tail(seq, prev, time, entry.type, entry.severity)));

/**
 * Reads one line, LF included, and accepts exactly what {@link writeLine} writes: the seven fields and no other, in
 * canonical form. A duplicate key, white space or another spelling of a number is refused.
 *
 * @throws AuditError `log_broken`
 */
export function parseLine(line: Uint8Array): Entry {
  const { entry, text } = read(line);
  if (canonical(entry) !== text) throw broken('it is not canonical JSON');
  return entry;
}

/** {@link parseLine} without the canonical form: for lines that were checked when the log was opened. */
export const readLine = (line: Uint8Array): Entry => read(line).entry;

function read(line: Uint8Array): { entry: Entry; text: string } {
  if (line.length > LIMITS.entryBytes) throw broken('it is too long');
  if (line.at(-1) !== 0x0a) throw broken('it does not end in LF');
  let text: string;
  let value: unknown;
  try {
    text = fromUtf8(line.subarray(0, -1));
    value = JSON.parse(text);
  } catch (cause) {
    throw broken('it is not JSON in UTF-8', cause);
  }
  if (!isEntry(value)) throw broken('a field is missing, unknown or of the wrong kind');
  return { entry: value, text };
}

function canonical(entry: Entry): string | undefined {
  try {
    return jcs(entry);
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (!isObject(value) || Object.keys(value).sort().join() !== KEYS) return false;
  const { v, seq, ts, type, severity, prev, data } = value;
  if (v !== 1 || !Number.isSafeInteger(seq) || (seq as number) < 0 || Object.is(seq, -0)) return false;
  if (typeof prev !== 'string' || !isSha256(prev) || !isObject(data)) return false;
  return isTime(ts) && TYPES.has(type) && SEVERITIES.includes(severity);
}

function isTime(ts: unknown): boolean {
  if (typeof ts !== 'string') return false;
  const time = Date.parse(ts);
  return time >= 0 && time <= LAST_TIME && new Date(time).toISOString() === ts;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const broken = (why: string, cause?: unknown): AuditError =>
  new AuditError('log_broken', `a line of the log was changed: ${why}`, cause === undefined ? {} : { cause });
