/**
 * The key and signature files of OpenBSD's signify, which minisign reads as well (its "legacy" signatures): an untrusted
 * comment, then base64 of `Ed`, an 8-byte key number and the key or the signature. The key number is free; here it is the
 * first 8 bytes of the key's SHA-256.
 */
import { base64, concat, utf8 } from './encoding';
import { sha256 } from './hash';

const ALGORITHM = utf8('Ed');
const COMMENT = 'untrusted comment: ';

const keyNumber = (publicKey: Uint8Array): Uint8Array => sha256(publicKey).subarray(0, 8);
const body = (publicKey: Uint8Array, content: Uint8Array): string =>
  base64(concat(ALGORITHM, keyNumber(publicKey), content));

/** A public key file for `signify -p` and `minisign -p`. */
export const signifyKey = (publicKey: Uint8Array, comment: string): string =>
  `${COMMENT}${comment}\n${body(publicKey, publicKey)}\n`;

/** A signature file for `signify -x`. `signature` is over the file's bytes. */
export const signifySignature = (publicKey: Uint8Array, signature: Uint8Array, comment: string): string =>
  `${COMMENT}${comment}\n${body(publicKey, signature)}\n`;

/** What the second signature of a minisign file covers. */
export const minisignMessage = (signature: Uint8Array, trustedComment: string): Uint8Array<ArrayBuffer> =>
  concat(signature, utf8(trustedComment));

/** A signature file for `minisign -x`; `trusted` is the signature over {@link minisignMessage}. */
export const minisignSignature = (
  publicKey: Uint8Array,
  signature: Uint8Array,
  comment: string,
  trustedComment: string,
  trusted: Uint8Array,
): string =>
  `${signifySignature(publicKey, signature, comment)}trusted comment: ${trustedComment}\n${base64(trusted)}\n`;
