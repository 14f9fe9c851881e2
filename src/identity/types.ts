import { SovereignError } from '../protocol/errors';
import type { Signer } from '../crypto';

export const KEY_PURPOSES = ['node', 'governance', 'log', 'owner'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

export type SealKind = 'device' | 'passphrase' | 'passkey';

export type IdentityCode =
  | 'locked'
  | 'wrong_passphrase'
  | 'wrong_passkey'
  | 'passkey_unavailable'
  | 'bad_phrase' // not 24 known words with a right checksum
  | 'bad_backup'
  | 'weak_passphrase'
  | 'identity_exists'
  | 'identity_broken'
  | 'clone_suspected';

export class IdentityError extends SovereignError<IdentityCode> {
  override readonly name = 'IdentityError';
}

/** Public half, safe to show anywhere. */
export interface PublicIdentity {
  /** Hex SHA-256 of the node key: the node's id. */
  nodeId: string;
  /** Raw public keys, hex. */
  publicKeys: Record<KeyPurpose, string>;
  /** Four words for a person to compare, from the node id. */
  words: string;
  createdAt: string;
  seal: SealKind;
}

/** An unlocked identity: signers only, the seeds stay inside. */
export interface Identity {
  readonly public: PublicIdentity;
  readonly signers: Readonly<Record<KeyPurpose, Signer>>;
}

/** Stable facts of the device, hashed into a binding. The realm's edge gathers them. */
export type DeviceTraits = Readonly<Record<string, string | number>>;

/** Gives 32 bytes from a passkey's PRF for a 32-byte salt. Lent by a window; see src/host/passkeys.ts. */
export interface PasskeyPrf {
  /** Makes a passkey and evaluates its PRF. */
  create(userName: string, salt: Uint8Array): Promise<{ credentialId: Uint8Array; secret: Uint8Array }>;
  get(credentialId: Uint8Array, salt: Uint8Array): Promise<Uint8Array>;
}
