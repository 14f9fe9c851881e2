/**
 * New keys of the mesh, sealed to one member: an ephemeral X25519 key, HKDF-SHA256, and ChaCha20-Poly1305 under a key
 * that is used once (as age seals its file keys). Who sealed them is not shown here: the roster around them is signed.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64, concat, fromBase64, fromHex, hex, utf8 } from '../../crypto';
import type { Random } from '../../protocol/runtime';
import { MeshError } from '../errors';
import type { Member } from './roster';

/** The secrets of one epoch, 32 bytes each. */
export interface EpochKeys {
  /** Of the private network: circuits between members. */
  meshKey: Uint8Array;
  /** From which topics are named and sealed. */
  topicKey: Uint8Array;
}

/** For whom, of which mesh, and from which epoch on: a box opens for nothing else. */
export interface SealedFor {
  mesh: string;
  epoch: number;
  member: Pick<Member, 'key' | 'seal'>;
}

const NONCE = new Uint8Array(12);
const BOX_BYTES = 32 + 64 + 16;

export const newEpochKeys = (random: Random): EpochKeys => ({
  meshKey: random.bytes(32),
  topicKey: random.bytes(32),
});

/** The public half of a sealing key of 32 bytes, hex. */
export const sealPublicKey = (secret: Uint8Array): string => hex(x25519.getPublicKey(secret));

/** Base64 of 112 bytes: the ephemeral public key, both keys enciphered, the tag. */
export function sealKeys(keys: EpochKeys, to: SealedFor, random: Random): string {
  const ephemeral = random.bytes(32);
  const recipient = fromHex(to.member.seal)!;
  const open = x25519.getPublicKey(ephemeral);
  const key = derive(x25519.getSharedSecret(ephemeral, recipient), open, recipient);
  ephemeral.fill(0);
  const box = chacha20poly1305(key, NONCE, context(to)).encrypt(concat(keys.meshKey, keys.topicKey));
  return base64(concat(open, box));
}

/** @throws MeshError `wrong_key` when it was not sealed to this key for this member, mesh and epoch */
export function openKeys(sealed: string, to: SealedFor, secret: Uint8Array): EpochKeys {
  const bytes = fromBase64(sealed);
  if (bytes?.length !== BOX_BYTES) throw wrongKey();
  try {
    const open = bytes.subarray(0, 32);
    const key = derive(x25519.getSharedSecret(secret, open), open, x25519.getPublicKey(secret));
    const both = chacha20poly1305(key, NONCE, context(to)).decrypt(bytes.subarray(32));
    return { meshKey: both.slice(0, 32), topicKey: both.slice(32) };
  } catch (cause) {
    throw wrongKey(cause);
  }
}

const derive = (shared: Uint8Array, open: Uint8Array, recipient: Uint8Array): Uint8Array =>
  hkdf(sha256, shared, concat(open, recipient), utf8('sovereign-node/mesh/rekey/1'), 32);

const context = ({ mesh, epoch, member }: SealedFor): Uint8Array => utf8(`${mesh}/${epoch}/${member.key}`);

const wrongKey = (cause?: unknown): MeshError =>
  new MeshError('wrong_key', 'The keys of the mesh were not sealed to this device.', { cause });
