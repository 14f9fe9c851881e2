/**
 * The canonical JSON of classic in-toto and TUF metadata (OLPC): what their signatures cover. It is not RFC 8785: of a
 * string only `\` and `"` are escaped, and numbers are whole.
 */
import type { Json, JsonObject } from '../protocol/json';
import { hex, utf8 } from './encoding';
import { sha256Hex, type Sha256 } from './hash';

/** @throws TypeError for a number that is not whole. Keys are sorted by code unit: use ASCII ones. */
export function olpc(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('this canonical JSON has no fractions');
    return String(value);
  }
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  if (Array.isArray(value)) return `[${value.map(olpc).join(',')}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${olpc(key)}:${olpc((value as JsonObject)[key]!)}`)
    .join(',')}}`;
}

export const olpcBytes = (value: Json): Uint8Array<ArrayBuffer> => utf8(olpc(value));

/** An Ed25519 key as in-toto's metadata writes it. A type, not an interface, so that it is JSON. */
export type InTotoKey = {
  keytype: 'ed25519';
  scheme: 'ed25519';
  keyid_hash_algorithms: string[];
  keyval: { public: string };
};

export const inTotoKey = (publicKey: Uint8Array): InTotoKey => ({
  keytype: 'ed25519',
  scheme: 'ed25519',
  keyid_hash_algorithms: ['sha256', 'sha512'],
  keyval: { public: hex(publicKey) },
});

/** How in-toto names a key: SHA-256 of its canonical form (securesystemslib). */
export const inTotoKeyId = (publicKey: Uint8Array): Sha256 => sha256Hex(olpcBytes(inTotoKey(publicKey)));
