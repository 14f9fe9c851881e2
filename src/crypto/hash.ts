import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { hex, utf8, utf8Into } from './encoding';

/** SHA-256 as a lower-case hex string of 64 characters: how the product names everything. */
export type Sha256 = string;

/** SHA-256 (FIPS 180-4), synchronous so that the cores can be. */
export const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => nobleSha256(bytes);
/** SHA-256 of what comes in pieces: `update` in order, then `digest` once. */
export interface Hasher {
  update(bytes: Uint8Array): Hasher;
  digest(): Uint8Array<ArrayBuffer>;
}
export const sha256Stream = (): Hasher => nobleSha256.create();
export const sha256Hex = (bytes: Uint8Array): Sha256 => hex(sha256(bytes));
/** {@link sha256Hex} of a text's UTF-8. */
export const sha256Text = (text: string): Sha256 => hex(sha256OfText(text));

/** Texts are hashed in one buffer: of a log's millions, each in its own would be outside the heap and freed late. */
const scratch = new Uint8Array(16_384);
export function sha256OfText(text: string): Uint8Array<ArrayBuffer> {
  if (text.length * 3 > scratch.length) return sha256(utf8(text));
  return sha256(scratch.subarray(0, utf8Into(text, scratch)));
}
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
