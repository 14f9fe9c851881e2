/** What every adapter does alike with records and blobs, so that a store of one kind can be copied to another. */
import { fromUtf8, hex, jcs, sha256Hex, utf8 } from '../crypto';
import type { Sha256 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import { StorageError } from './types';

const PLAIN = /[a-z0-9._-]/;

/**
 * A record's key as a file name: lower-case letters, digits, `.`, `_` and `-` stay, every other byte of its UTF-8
 * becomes `%xx`, so that keys stay apart on file systems that fold case.
 *
 * @throws StorageError `too_large` past LIMITS.recordNameBytes, `corrupt` for a lone surrogate or an empty key.
 */
export function recordName(key: string): string {
  if (key === '' || !key.isWellFormed()) throw new StorageError('corrupt', 'a record key is empty or not Unicode');
  let name = '';
  for (const byte of utf8(key)) {
    const char = String.fromCharCode(byte);
    name += PLAIN.test(char) ? char : `%${hex(Uint8Array.of(byte))}`;
  }
  if (name.length > LIMITS.recordNameBytes) {
    throw new StorageError('too_large', `a record key is longer than ${LIMITS.recordNameBytes} bytes`, {
      advice: 'Use a shorter name.',
    });
  }
  return name;
}

/** The other direction, or `undefined` for a name that {@link recordName} does not make. */
export function recordKey(name: string): string | undefined {
  try {
    const key = decodeURIComponent(name);
    return recordName(key) === name ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A record as it is stored: canonical JSON.
 *
 * @throws JcsError `not_json` or `too_deep`; StorageError `too_large` past LIMITS.recordBytes.
 */
export function encodeRecord(value: Json): string {
  const text = jcs(value);
  // A UTF-16 unit is at least one byte, so the cheap test comes first.
  if (text.length > LIMITS.recordBytes || utf8(text).length > LIMITS.recordBytes) {
    throw new StorageError('too_large', `a record is larger than ${LIMITS.recordBytes} bytes`, {
      advice: 'Make it smaller, or store it as a file.',
    });
  }
  return text;
}

/** @throws StorageError `corrupt` when the stored text is not JSON. */
export function decodeRecord(key: string, stored: unknown): Json {
  try {
    return JSON.parse(stored instanceof Uint8Array ? fromUtf8(stored) : String(stored)) as Json;
  } catch (cause) {
    throw corrupt(`record ${key} is not JSON`, cause);
  }
}

/** Records to write: name and stored text, `undefined` to delete. Everything is checked before anything is written. */
export const encodeChanges = (
  changes: ReadonlyMap<string, Json | undefined>,
): { key: string; name: string; text: string | undefined }[] =>
  [...changes].map(([key, value]) => ({
    key,
    name: recordName(key),
    text: value === undefined ? undefined : encodeRecord(value),
  }));

/** SHA-256 outside the cores: WebCrypto, because a large blob would hold the event loop for seconds. */
export async function digest(bytes: Uint8Array): Promise<Sha256> {
  if (bytes.length < 4096) return sha256Hex(bytes);
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)));
}

/** @throws StorageError `too_large` past LIMITS.blobBytes. */
export async function blobName(bytes: Uint8Array): Promise<Sha256> {
  if (bytes.length > LIMITS.blobBytes) {
    throw new StorageError('too_large', `a file is larger than ${LIMITS.blobBytes} bytes`, {
      advice: 'Use a smaller file.',
    });
  }
  return digest(bytes);
}

/** @throws StorageError `corrupt` when the bytes no longer match their name. */
export async function checkBlob(sha256: Sha256, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if ((await digest(bytes)) !== sha256) throw corrupt(`blob ${sha256} does not match its name`);
  return bytes as Uint8Array<ArrayBuffer>;
}

export const corrupt = (message: string, cause?: unknown): StorageError =>
  new StorageError('corrupt', message, {
    advice: 'Restore this device from a backup, or export what is left first.',
    ...(cause === undefined ? {} : { cause }),
  });

export const writerLost = (message = 'another writer has taken over this store'): StorageError =>
  new StorageError('writer_lost', message, { advice: 'Reload: a newer window or process is in charge now.' });

export const quotaExceeded = (cause?: unknown): StorageError =>
  new StorageError('quota_exceeded', 'the storage is full; nothing of this write was kept', {
    advice: 'Free some space, then try again.',
    ...(cause === undefined ? {} : { cause }),
  });

export const unavailable = (message: string, cause?: unknown): StorageError =>
  new StorageError('unavailable', message, {
    advice: 'Reload; if it happens again, check that this device lets the app store data.',
    ...(cause === undefined ? {} : { cause }),
  });
