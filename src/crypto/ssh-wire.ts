/** How OpenSSH writes values in its formats. */
import { concat, utf8 } from './encoding';

/** RFC 4251 `string`: its length in 4 bytes, and the bytes. */
export function field(value: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

/** RFC 8709: an Ed25519 public key as SSH writes it. */
export const sshKey = (publicKey: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(field('ssh-ed25519'), field(publicKey));
