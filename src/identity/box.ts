import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as sha256Hash } from '@noble/hashes/sha2.js';
import type { Random } from '../protocol/runtime';
import { base64, concat, fromBase64, hex, utf8 } from '../crypto';

/** A sealed secret as it stands in a record. */
export interface Box {
  /** Hex, 16 bytes: a commitment to the key, so that a wrong key and a changed box can be told apart. */
  check: string;
  /** Base64: 12-byte nonce, ciphertext, 16-byte tag. */
  box: string;
}

export const NONCE_BYTES = 12;

/**
 * Seals `plaintext` with AES-256-GCM under a key that HKDF-SHA256 makes of `secret` for `use`; `aad` is authenticated too.
 * `secret` must be fresh for every box (a new salt or a new random key): the nonce is then random only out of caution.
 */
export async function sealBox(
  secret: Uint8Array,
  use: string,
  plaintext: Uint8Array,
  aad: Uint8Array<ArrayBuffer>,
  random: Random,
): Promise<Box> {
  const key = await importAes(expand(secret, use, 'key', 32));
  return { check: checkOf(secret, use), box: base64(await encrypt(key, plaintext, aad, random)) };
}

/** The plaintext (the caller wipes it); `wrong_key` when `secret` is not the one it was sealed with; `changed` when something else is. */
export async function openBox(
  secret: Uint8Array,
  use: string,
  sealed: Box,
  aad: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | 'wrong_key' | 'changed'> {
  if (checkOf(secret, use) !== sealed.check) return 'wrong_key';
  const key = await importAes(expand(secret, use, 'key', 32));
  return (await decrypt(key, fromBase64(sealed.box) ?? new Uint8Array(), aad)) ?? 'changed';
}

/** AES-256-GCM; the answer starts with its random 12-byte nonce. */
export async function encrypt(
  key: CryptoKey,
  plaintext: Uint8Array,
  aad: Uint8Array<ArrayBuffer>,
  random: Random,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = random.bytes(NONCE_BYTES);
  const algorithm = { name: 'AES-GCM', iv, additionalData: aad };
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext as BufferSource)));
}

/** The inverse of {@link encrypt}, or `undefined` when key, `aad` or bytes do not belong together. */
export async function decrypt(
  key: CryptoKey,
  bytes: Uint8Array<ArrayBuffer>,
  aad: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, NONCE_BYTES), additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(NONCE_BYTES)));
  } catch {
    return undefined;
  }
}

/** A non-extractable AES-256-GCM key of 32 raw bytes, which are wiped. */
export async function importAes(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  } finally {
    raw.fill(0);
  }
}

function checkOf(secret: Uint8Array, use: string): string {
  return hex(expand(secret, use, 'check', 16));
}

function expand(secret: Uint8Array, use: string, part: string, length: number): Uint8Array<ArrayBuffer> {
  return hkdf(sha256Hash, secret, undefined, utf8(`sovereign/v1/${use}/${part}`), length);
}
