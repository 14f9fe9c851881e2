/**
 * A peer id as text: base58btc of the identity multihash of an Ed25519 public key (libp2p peer-ids specification). It
 * is the key itself, so nothing has to be looked up to check what a peer signed.
 */
import { concat, hex } from '../crypto';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Identity multihash of 36 bytes: a protobuf with key type 1 (Ed25519) and 32 bytes of key. */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
const KEY_BYTES = 32;
/** Every id of this kind has as many characters, the first being the prefix's zero byte. */
const FORM = /^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/;

/** The peer id of an Ed25519 public key of 32 bytes. @throws RangeError for another length. */
export function peerIdOf(publicKey: Uint8Array): string {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes');
  let rest = BigInt(`0x${hex(concat(PREFIX, publicKey))}`);
  let text = '';
  for (; rest > 0n; rest /= 58n) text = ALPHABET[Number(rest % 58n)]! + text;
  return `1${text}`;
}

/** The Ed25519 public key that a peer id is, or `undefined` when it is none: also for ids of other kinds of keys. */
export function publicKeyOfPeer(peer: string): Uint8Array<ArrayBuffer> | undefined {
  if (!FORM.test(peer)) return undefined;
  let value = 0n;
  for (const char of peer) value = value * 58n + BigInt(ALPHABET.indexOf(char));
  const bytes = new Uint8Array(PREFIX.length + KEY_BYTES);
  for (let i = bytes.length - 1; i >= 0; i--, value >>= 8n) bytes[i] = Number(value & 0xffn);
  const whole = value === 0n && PREFIX.every((byte, i) => bytes[i] === byte);
  return whole ? bytes.slice(PREFIX.length) : undefined;
}
