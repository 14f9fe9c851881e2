import { base64, fromBase64 } from './encoding';
import { fromSpki, isSafePublicKey, spki } from './ed25519';
import { sha256Hex, type Sha256 } from './hash';

const BEGIN = '-----BEGIN PUBLIC KEY-----\n';
const END = '\n-----END PUBLIC KEY-----\n';

/** An Ed25519 public key as `openssl` reads and writes it: PEM of SubjectPublicKeyInfo (RFC 7468, RFC 8410). */
export const publicKeyPem = (publicKey: Uint8Array): string => BEGIN + base64(spki(publicKey)) + END;

/** The raw key of {@link publicKeyPem}, byte for byte that form, and safe ({@link isSafePublicKey}); else `undefined`. */
export function parsePublicKeyPem(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return undefined;
  const der = fromBase64(text.slice(BEGIN.length, -END.length));
  const key = der && fromSpki(der);
  return key && isSafePublicKey(key) ? key : undefined;
}

/** How DSSE envelopes name a key: hex SHA-256 of its SubjectPublicKeyInfo DER. */
export const dsseKeyId = (publicKey: Uint8Array): Sha256 => sha256Hex(spki(publicKey));
