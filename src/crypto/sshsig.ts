import { sha512 } from '@noble/hashes/sha2.js';
import { verifySignature } from './ed25519';
import { base64, concat, fromBase64, utf8 } from './encoding';
import { field, sshKey } from './ssh-wire';

/**
 * OpenSSH's signature file (PROTOCOL.sshsig) for Ed25519 with SHA-512: what `ssh-keygen -Y verify` reads. Everything in
 * it but the 64 bytes of signature follows from the key and the namespace, so there is one right file.
 */
const MAGIC = utf8('SSHSIG');
const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '\n-----END SSH SIGNATURE-----\n';
const WIDTH = 70;

/** The bytes that the Ed25519 signature covers. */
export const sshsigMessage = (namespace: string, message: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(MAGIC, field(namespace), field(''), field('sha512'), field(sha512(message)));

/** The armoured file of a signature over {@link sshsigMessage}. */
export function encodeSshsig(publicKey: Uint8Array, namespace: string, signature: Uint8Array): string {
  const body = concat(
    MAGIC,
    Uint8Array.of(0, 0, 0, 1),
    field(sshKey(publicKey)),
    field(namespace),
    field(''),
    field('sha512'),
    field(concat(field('ssh-ed25519'), field(signature))),
  );
  return BEGIN + (base64(body).match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? []).join('\n') + END;
}

/** True only for the one right file: this key, this namespace, no byte more or less. */
export async function verifySshsig(
  armour: string,
  publicKey: Uint8Array,
  namespace: string,
  message: Uint8Array,
): Promise<boolean> {
  if (!armour.startsWith(BEGIN) || !armour.endsWith(END)) return false;
  const body = fromBase64(armour.slice(BEGIN.length, -END.length).replaceAll('\n', ''));
  if (!body || body.length < 64) return false;
  const signature = body.subarray(body.length - 64);
  if (encodeSshsig(publicKey, namespace, signature) !== armour) return false;
  return verifySignature(publicKey, sshsigMessage(namespace, message), signature);
}

/** When a key may sign, as ISO times: from `after` on, and up to `before` when it was replaced then. */
export interface Validity {
  after: string;
  before?: string;
}

/** `YYYYMMDDHHMMSSZ`, as ssh-keygen(1) reads times; fractions of a second are cut off. */
export const sshTime = (iso: string): string => `${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`;

/** A line of `allowed_signers` (ssh-keygen(1)): who may sign in which namespace, and when. */
export function allowedSigner(
  principal: string,
  namespace: string,
  publicKey: Uint8Array,
  validity?: Validity,
): string {
  const options = [`namespaces="${namespace}"`];
  if (validity) options.push(`valid-after="${sshTime(validity.after)}"`);
  if (validity?.before !== undefined) options.push(`valid-before="${sshTime(validity.before)}"`);
  return `${principal} ${options.join(',')} ssh-ed25519 ${base64(sshKey(publicKey))}\n`;
}
