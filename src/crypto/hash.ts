import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from './encoding';

/** SHA-256 as a lower-case hex string of 64 characters: how the product names everything. */
export type Sha256 = string;

/** SHA-256 (FIPS 180-4), synchronous so that the cores can be. */
export const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => nobleSha256(bytes);
/** SHA-256 of what comes in pieces: `update` in order, then `digest` once. */
export interface Hasher {
  update(bytes: Uint8Array): Hasher;
  digest(): Uint8Array<ArrayBuffer>;
}
export const sha256Stream = (): Hasher => nobleSha256.create() as Hasher;
export const sha256Hex = (bytes: Uint8Array): Sha256 => hex(sha256(bytes));
export const sha256Text = (text: string): Sha256 => sha256Hex(utf8(text));
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
