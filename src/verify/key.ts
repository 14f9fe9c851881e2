import { parsePublicKeyPem } from '../crypto';
import { VerifyError } from './types';

/** A PEM of an Ed25519 key has 113 characters; room for white space around it. */
const PEM_CHARS = 1024;

/**
 * The raw governance key of a PEM file that a person gives. White space around it and CRLF are forgiven: the text comes
 * by mail and clipboard.
 *
 * @throws VerifyError `bad_key`.
 */
export function parseGovernanceKey(pemText: string): Uint8Array<ArrayBuffer> {
  const text = pemText.length <= PEM_CHARS ? `${pemText.trim().replaceAll('\r\n', '\n')}\n` : '';
  const key = parsePublicKeyPem(text);
  if (key) return key;
  throw new VerifyError('bad_key', 'This is not an Ed25519 public key in PEM form.', {
    advice: 'Give the governance.pub.pem that the owner of the node handed you, from -----BEGIN to -----END.',
  });
}
