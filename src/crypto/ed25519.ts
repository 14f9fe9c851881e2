import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, fromHex, hex } from './encoding';

/**
 * Ed25519 (RFC 8032), WebCrypto first and noble where a runtime lacks it. One rule set for every realm: a public key is
 * refused at registration when its encoding is not canonical or its order is small ({@link isSafePublicKey}); a
 * signature's S must be below L; R must be, byte for byte, the encoding of SB - hA (no cofactor). Held to that in Node,
 * Chromium and Firefox by docs/vectors/ed25519-edge-cases.json.
 */
export interface Signer {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')!;
const SPKI_PREFIX = fromHex('302a300506032b6570032100')!;

let native: Promise<boolean> | undefined;
/** Whether this runtime's WebCrypto does Ed25519; asked once. */
function hasNative(): Promise<boolean> {
  native ??= crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(
    () => true,
    () => false,
  );
  return native;
}

/** A signer over a 32-byte seed. The seed is copied into a non-extractable key where WebCrypto can; the caller wipes its own. */
export async function signerFromSeed(seed: Uint8Array): Promise<Signer> {
  const publicKey = publicKeyOf(seed);
  if (!(await hasNative())) {
    const own = Uint8Array.from(seed);
    return { publicKey, sign: (m) => Promise.resolve(ed25519.sign(m, own) as Uint8Array<ArrayBuffer>) };
  }
  const pkcs8 = concat(PKCS8_PREFIX, seed);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  pkcs8.fill(0);
  return { publicKey, sign: async (m) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, m as BufferSource)) };
}

export const publicKeyOf = (seed: Uint8Array): Uint8Array<ArrayBuffer> => ed25519.getPublicKey(seed);

const verifyKeys = new Map<string, CryptoKey | Promise<CryptoKey>>();
/** Imported keys kept for reuse: importing costs as much as verifying. */
const VERIFY_KEYS = 256;

function importPublic(publicKey: Uint8Array, id: string): Promise<CryptoKey> {
  if (verifyKeys.size >= VERIFY_KEYS) verifyKeys.clear();
  const key = crypto.subtle.importKey('raw', publicKey as BufferSource, 'Ed25519', false, ['verify']);
  verifyKeys.set(id, key);
  key.then(
    (imported) => verifyKeys.set(id, imported),
    () => verifyKeys.delete(id),
  );
  return key;
}

/** True only for a valid signature by a key that {@link isSafePublicKey} accepts. Never throws on bad bytes. */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== 64 || !isCanonicalS(signature) || !isSafePublicKey(publicKey)) return false;
  const id = hex(publicKey);
  // With a key that was used before, the check begins in this very turn, not whenever the caller next waits.
  const known = verifyKeys.get(id);
  if (!known && !(await hasNative())) return verifyInJs(publicKey, message, signature);
  try {
    const begun = known ?? verifyKeys.get(id) ?? importPublic(publicKey, id);
    const key = begun instanceof Promise ? await begun : begun;
    return await crypto.subtle.verify('Ed25519', key, signature as BufferSource, message as BufferSource);
  } catch {
    return false;
  }
}

/**
 * Without WebCrypto. Not noble's own `verify`: that multiplies by the cofactor, which WebCrypto's implementations do not,
 * and one log must not be true in one runtime and false in another. The caller has checked key and S.
 */
export function verifyInJs(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519;
  const r = signature.subarray(0, 32);
  const h = Point.Fn.create(littleEndian(sha512(concat(r, publicKey, message))));
  const s = littleEndian(signature.subarray(32));
  const sB = s === 0n ? Point.ZERO : Point.BASE.multiplyUnsafe(s);
  const expected = sB.subtract(Point.fromBytes(publicKey, false).multiplyUnsafe(h));
  return equalBytes(expected.toBytes(), r);
}

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.slice().reverse())}`);

const L_BYTES = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')!;
function isCanonicalS(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const s = signature[32 + i]!;
    const l = L_BYTES[i]!;
    if (s !== l) return s < l;
  }
  return false;
}

const safe = new Map<string, boolean>();
/** Canonical encoding, on the curve, and not of small order. */
export function isSafePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const id = hex(publicKey);
  const known = safe.get(id);
  if (known !== undefined) return known;
  if (safe.size >= VERIFY_KEYS) safe.clear();
  const answer = checkPoint(publicKey);
  safe.set(id, answer);
  return answer;
}

function checkPoint(publicKey: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(publicKey, false);
    return equalBytes(point.toBytes(), publicKey) && !point.isSmallOrder();
  } catch {
    return false;
  }
}

/** SubjectPublicKeyInfo (RFC 8410) of a raw key. */
export const spki = (publicKey: Uint8Array): Uint8Array<ArrayBuffer> => concat(SPKI_PREFIX, publicKey);

/** Raw key from SubjectPublicKeyInfo DER, or `undefined` when it is not an Ed25519 key. */
export function fromSpki(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der.length !== 44 || !equalBytes(der.subarray(0, 12), SPKI_PREFIX)) return undefined;
  return Uint8Array.from(der.subarray(12));
}
