import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as sha256Hash } from '@noble/hashes/sha2.js';
import type { Random } from '../protocol/runtime';
import { fromHex, hex, isSafePublicKey, publicKeyOf, sha256Hex, signerFromSeed, utf8, type Signer } from '../crypto';
import { KEY_PURPOSES, type KeyPurpose } from './types';

/** The one secret that everything else comes from, in bytes: the entropy of 24 words. */
export const ROOT_BYTES = 32;

export type PublicKeys = Record<KeyPurpose, string>;
/** How often each key was rotated. */
export type KeyIndexes = Readonly<Record<KeyPurpose, number>>;

export const FIRST_KEYS: KeyIndexes = Object.freeze({ node: 0, governance: 0, log: 0, owner: 0 });

/** 32 random bytes. The caller wipes them. */
export const newRoot = (random: Random): Uint8Array<ArrayBuffer> => random.bytes(ROOT_BYTES);

/**
 * The Ed25519 seed (RFC 8032) of one purpose: HKDF-SHA256 (RFC 5869) of the root without salt, info
 * `sovereign/v1/<purpose>/<index>`. `index` counts rotations, from 0. The caller wipes it.
 */
export function deriveSeed(root: Uint8Array, purpose: KeyPurpose, index = 0): Uint8Array<ArrayBuffer> {
  const info = utf8(`sovereign/v1/${purpose}/${index}`);
  return hkdf(sha256Hash, root, undefined, info, 32);
}

/** 32 bytes for one use: HKDF-SHA256 of the root without salt, info `sovereign/v1/secret/<use>`. The caller wipes them. */
export const deriveSecret = (root: Uint8Array, use: string): Uint8Array<ArrayBuffer> =>
  hkdf(sha256Hash, root, undefined, utf8(`sovereign/v1/secret/${use}`), ROOT_BYTES);

/** The public key of one purpose, hex. */
export function derivePublicKey(root: Uint8Array, purpose: KeyPurpose, index: number): string {
  const seed = deriveSeed(root, purpose, index);
  try {
    return hex(publicKeyOf(seed));
  } finally {
    seed.fill(0);
  }
}

/** The public keys that a root gives, hex: the first ones unless told. */
export const derivePublicKeys = (root: Uint8Array, indexes: KeyIndexes = FIRST_KEYS): PublicKeys =>
  forEachPurpose((purpose) => derivePublicKey(root, purpose, indexes[purpose]));

/** The signer of one purpose. The seed is wiped once WebCrypto holds the key. */
export async function deriveSigner(root: Uint8Array, purpose: KeyPurpose, index: number): Promise<Signer> {
  const seed = deriveSeed(root, purpose, index);
  try {
    return await signerFromSeed(seed);
  } finally {
    seed.fill(0);
  }
}

/** The signers that a root gives. */
export async function deriveSigners(
  root: Uint8Array,
  indexes: KeyIndexes = FIRST_KEYS,
): Promise<Record<KeyPurpose, Signer>> {
  const signers: Partial<Record<KeyPurpose, Signer>> = {};
  for (const purpose of KEY_PURPOSES) signers[purpose] = await deriveSigner(root, purpose, indexes[purpose]);
  return signers as Record<KeyPurpose, Signer>;
}

export const samePublicKeys = (a: PublicKeys, b: PublicKeys): boolean => KEY_PURPOSES.every((p) => a[p] === b[p]);

/** Canonical points of large order, and no key used for two purposes. */
export function areSafePublicKeys(keys: PublicKeys): boolean {
  const distinct = new Set(KEY_PURPOSES.map((p) => keys[p]));
  return distinct.size === KEY_PURPOSES.length && KEY_PURPOSES.every((p) => isSafePublicKey(fromHex(keys[p])!));
}

/** A node's id: hex SHA-256 of its raw node key. */
export const nodeIdOf = (keys: PublicKeys): string => sha256Hex(fromHex(keys.node)!);

function forEachPurpose(make: (purpose: KeyPurpose) => string): PublicKeys {
  return Object.fromEntries(KEY_PURPOSES.map((purpose) => [purpose, make(purpose)])) as PublicKeys;
}
