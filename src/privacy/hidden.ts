import { isSha256, jcsBytes, sha256Hex, type Sha256 } from '../crypto';
import type { Json, JsonObject } from '../protocol/json';

/** How a personal field stands in the log: its hash, under a salt that makes guessing it useless. */
export interface Hidden extends JsonObject {
  readonly $hidden: Sha256;
}

/** What {@link Hidden} stands for. Whoever has it can show the field; once it is gone nobody can. */
export interface Opening {
  /** Hex, 16 random bytes. */
  readonly salt: string;
  readonly value: Json;
}

/** SHA-256 of the JCS of `[salt, value]`. */
export const openingDigest = ({ salt, value }: Opening): Sha256 => sha256Hex(jcsBytes([salt, value]));

export const hiddenBy = (opening: Opening): Hidden => ({ $hidden: openingDigest(opening) });

export const isSalt = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);

/** Exactly `{"$hidden": <SHA-256>}`. */
export function isHidden(value: Json | undefined): value is Hidden {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const hash = (value as JsonObject)['$hidden'];
  return Object.keys(value).length === 1 && typeof hash === 'string' && isSha256(hash);
}

export interface HiddenPlace {
  /** RFC 6901, from the entry on. */
  pointer: string;
  sha256: Sha256;
}

/** Every hidden field of an entry or a part of one, in document order. */
export function hiddenIn(value: Json, pointer = ''): HiddenPlace[] {
  if (isHidden(value)) return [{ pointer, sha256: value.$hidden }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => hiddenIn(item, `${pointer}/${escape(key)}`));
}

/** What an RFC 6901 pointer points at; `undefined` when it is none, or points nowhere. */
export function pointedAt(value: Json, pointer: string): Json | undefined {
  if (pointer === '') return value;
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  let at: Json | undefined = value;
  for (const part of pointer.slice(1).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined;
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    // Of an array only its own elements, by the one spelling of their number.
    if (Array.isArray(at) && !/^(0|[1-9][0-9]*)$/.test(key)) return undefined;
    at = Object.hasOwn(at, key) ? (at as JsonObject)[key] : undefined;
  }
  return at;
}

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
