import { SovereignError } from '../protocol/errors';
import type { Clock, Random } from '../protocol/runtime';
import type { Signer } from '../crypto';
import type { RecordStore } from '../storage/types';

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
  /** Raw public keys in force, hex. The node id stays that of the first node key. */
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

/** A device-bound wrapping key that never shows itself: a non-extractable CryptoKey in IndexedDB, or a 0600 file. */
export interface DeviceKey {
  /** Makes the key when there is none yet. */
  wrap(secret: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * @throws IdentityError `clone_suspected` when the bytes were wrapped on another device or were changed, and
   *   `identity_broken` when the key itself cannot be trusted. Any other rejection is the platform's.
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** Deletes the key: what it wrapped is lost for good. Called once a passphrase or a passkey has taken its place. */
  forget(): Promise<void>;
}

/** Cost of Argon2id (RFC 9106): `m` KiB of memory, `t` passes, `p` lanes. */
export interface Argon2Cost {
  m: number;
  t: number;
  p: number;
}

export interface IdentityDeps {
  records: RecordStore;
  deviceKey: DeviceKey;
  traits: DeviceTraits;
  random: Random;
  clock: Clock;
  passkey?: PasskeyPrf;
  /** For new passphrase seals and backups. Default: `ARGON2` of ./passphrase. */
  argon2?: Argon2Cost;
}

/** What start-up found. There is no fifth answer: never half an identity. */
export type IdentityState =
  | { state: 'fresh' }
  | { state: 'locked'; public: PublicIdentity }
  | { state: 'open'; identity: Identity }
  | { state: 'broken'; code: 'identity_broken' | 'clone_suspected'; message: string };

export type Unlocking = { passphrase: string } | { passkey: true };
export type Sealing = Unlocking | { unseal: true };

/**
 * The one holder of the root secret. Calls are served one after the other. Every method may also reject with what the
 * record store throws; a call that rejects has changed nothing.
 */
export interface IdentityService {
  /** The open identity, with its present seal; undefined while fresh, locked or broken. */
  readonly identity: Identity | undefined;
  /** Reads, checks and, under the device seal, opens the stored identity. */
  open(): Promise<IdentityState>;
  /** A new root under the device seal. @throws IdentityError identity_exists */
  create(): Promise<Identity>;
  /** @throws IdentityError wrong_passphrase, wrong_passkey, passkey_unavailable, identity_broken, clone_suspected */
  unlock(how: Unlocking): Promise<Identity>;
  /** Wraps the root anew, in one commit. @throws IdentityError locked, weak_passphrase, wrong_passkey, passkey_unavailable */
  seal(how: Sealing): Promise<PublicIdentity>;
  /** 24 words. @throws IdentityError locked */
  recoveryPhrase(): Promise<string[]>;
  /** The backup file's text. @throws IdentityError locked, weak_passphrase */
  exportBackup(passphrase: string): Promise<string>;
  /**
   * On a clean profile, over a record that cannot be read, or over the same identity when it is locked or bound to another
   * device. The result is under the device seal. @throws IdentityError bad_phrase, identity_exists
   */
  restoreFromPhrase(words: readonly string[]): Promise<Identity>;
  /** As {@link restoreFromPhrase}. @throws IdentityError bad_backup, wrong_passphrase, identity_exists */
  restoreFromBackup(file: string, passphrase: string): Promise<Identity>;
  /**
   * The signer that comes `steps` rotations after the one in force: what a log commits to, and what takes over. It signs
   * nothing that counts until a log says so. @throws IdentityError locked
   */
  successor(purpose: KeyPurpose, steps: number): Promise<Signer>;
  /** The signer whose public key (hex) it is: the one in force, one to come, or one that was. @throws IdentityError locked */
  find(purpose: KeyPurpose, isIt: (publicKey: string) => boolean): Promise<Signer | undefined>;
  /**
   * Goes over to the keys that the log has in force, searching forward and back among this identity's, and remembers which
   * they are. @throws IdentityError locked, `identity_broken` when one of them is not of this identity
   */
  follow(keys: Readonly<Record<KeyPurpose, string>>): Promise<Identity>;
  /**
   * 32 bytes for one use, made of the root: what is sealed under them is as safe as the keys are. The caller wipes them.
   * @throws IdentityError `locked`
   */
  secret(use: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Accepts this device for a `clone_suspected` identity. The result is under the device seal. @throws IdentityError bad_phrase, identity_broken */
  rebind(words: readonly string[]): Promise<Identity>;
}
