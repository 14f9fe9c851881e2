import * as v from 'valibot';
import {
  base64,
  fromBase64,
  fromHex,
  isSafePublicKey,
  jcsBytes,
  sha256Hex,
  utf8,
  verifySignature,
  type Sha256,
  type Signer,
} from '../crypto';
import { jcs } from '../crypto';
import { GovernanceError } from './types';

export const Sha256Shape = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in lower hex'));
/** 128 random bits in lower hex: order ids, approval ids, nonces. */
export const NonceShape = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'not 128 bits in lower hex'));
export const SignatureShape = v.pipe(
  v.string(),
  v.check((text) => text.length === 88 && fromBase64(text)?.length === 64, 'not an Ed25519 signature in base64'),
);

/** Ed25519 over the JCS bytes of `body`, as base64. */
export const signJcs = async (signer: Signer, body: object): Promise<string> =>
  base64(await signer.sign(jcsBytes(body)));

export async function verifyJcs(publicKey: Uint8Array, body: object, signature: string): Promise<boolean> {
  const raw = fromBase64(signature);
  return raw !== undefined && (await verifySignature(publicKey, utf8(jcs(body)), raw));
}

/** Raw keys in force at one place of the log. */
export interface SigningKeys {
  readonly governance: Uint8Array;
  readonly owner: Uint8Array;
}

/** Keys that may sign governance records now, from the log and never from the record itself. */
export interface KeyRegistry extends SigningKeys {
  /** Who may approve: the owner, and any other key that the owner registered. */
  readonly approvers: ReadonlyMap<Sha256, Uint8Array>;
}

export const keyId = (publicKey: Uint8Array): Sha256 => sha256Hex(publicKey);

/** @throws GovernanceError `config_broken` for keys that are malformed or of small order. */
export function keyRegistry(governanceHex: string, ownerHex: string, approvers: readonly Uint8Array[]): KeyRegistry {
  const governance = safeKey(fromHex(governanceHex));
  const owner = safeKey(fromHex(ownerHex));
  const all = [owner, ...approvers.map((key) => safeKey(key))];
  return { governance, owner, approvers: new Map(all.map((key) => [keyId(key), key])) };
}

function safeKey(key: Uint8Array | undefined): Uint8Array {
  if (key && isSafePublicKey(key)) return key;
  throw new GovernanceError('config_broken', 'A registered key is not a safe Ed25519 key.');
}
