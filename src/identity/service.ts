import { inTurn } from '../protocol/in-turn';
import type { Json } from '../protocol/json';
import { keysLocked } from './opened';
import { readBackup, writeBackup } from './backup';
import { bindDevice, cloneSuspected, isBoundTo } from './binding';
import type { Signer } from '../crypto';
import {
  derivePublicKeys,
  deriveSecret,
  deriveSigner,
  deriveSigners,
  FIRST_KEYS,
  newRoot,
  nodeIdOf,
  samePublicKeys,
  type KeyIndexes,
  type PublicKeys,
} from './keys';
import { ARGON2, checkNewPassphrase } from './passphrase';
import { fingerprintWords, phraseOf, rootOfPhrase } from './phrase';
import { RECORD_KEY, identityBroken, publicIdentity, readStored, type IdentityRecord, type Stored } from './record';
import { findIndex, findIndexes, provenIndexes, readRotations, rotationsRecord } from './rotations';
import { sealRoot, unsealRoot, type Opening } from './seals';
import { IdentityError } from './types';
import type {
  Identity,
  IdentityDeps,
  IdentityService,
  IdentityState,
  KeyPurpose,
  PublicIdentity,
  Sealing,
  Unlocking,
} from './types';

/** Where a record that could not be read is kept when a restored one takes its place. */
const UNREADABLE_KEY = 'identity.unreadable';

/** The identity of this install. Nothing is read before `open()`. */
export const createIdentityService = (deps: IdentityDeps): IdentityService => new StoredIdentity(deps);

interface Opened {
  identity: Identity;
  /** Held here and nowhere else while open: for the phrase, a backup and a new seal. */
  root: Uint8Array<ArrayBuffer>;
  indexes: KeyIndexes;
}

class StoredIdentity implements IdentityService {
  readonly #deps: IdentityDeps;
  #opened: Opened | undefined;
  readonly #serially = inTurn();

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  get identity(): Identity | undefined {
    return this.#opened?.identity;
  }

  open(): Promise<IdentityState> {
    return this.#serially(async () => {
      try {
        return await this.#boot();
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error;
        if (error.code !== 'identity_broken' && error.code !== 'clone_suspected') throw error;
        return { state: 'broken', code: error.code, message: error.message };
      }
    });
  }

  create(): Promise<Identity> {
    return this.#serially(async () => {
      const stored = await readStored(this.#deps.records);
      if (stored.record || stored.unreadable) throw identityExists();
      return this.#adopt(newRoot(this.#deps.random), stored, this.#now(), FIRST_KEYS);
    });
  }

  unlock(how: Unlocking): Promise<Identity> {
    return this.#serially(async () => {
      const record = await this.#boundRecord();
      if (!record) throw identityBroken('There is no stored identity to unlock');
      return this.#openWith(record, openingOf(how));
    });
  }

  seal(how: Sealing): Promise<PublicIdentity> {
    return this.#serially(async () => {
      const { identity, root, indexes } = this.#unlocked();
      if ('passphrase' in how) checkNewPassphrase(how.passphrase);
      const record = await this.#store(root, openingOf(how), {}, identity.public.createdAt, indexes);
      if (record.seal.kind !== 'device') await this.#forgetDeviceKey();
      const shown = publicIdentity(record, identity.public.publicKeys);
      this.#opened = { root, indexes, identity: { public: shown, signers: identity.signers } };
      return shown;
    });
  }

  recoveryPhrase(): Promise<string[]> {
    return this.#serially(() => Promise.resolve(phraseOf(this.#unlocked().root)));
  }

  exportBackup(passphrase: string): Promise<string> {
    return this.#serially(() => {
      const { identity, root, indexes } = this.#unlocked();
      checkNewPassphrase(passphrase);
      const cost = this.#deps.argon2 ?? ARGON2;
      return writeBackup({ root, indexes, createdAt: identity.public.createdAt }, passphrase, cost, this.#deps.random);
    });
  }

  restoreFromPhrase(words: readonly string[]): Promise<Identity> {
    return this.#serially(async () => {
      const root = rootOfPhrase(words);
      return this.#restore(root, this.#now(), FIRST_KEYS);
    });
  }

  restoreFromBackup(file: string, passphrase: string): Promise<Identity> {
    return this.#serially(async () => {
      const { root, createdAt, indexes } = await readBackup(file, passphrase);
      return this.#restore(root, createdAt, indexes);
    });
  }

  rebind(words: readonly string[]): Promise<Identity> {
    return this.#serially(async () => {
      const stored = await readStored(this.#deps.records);
      if (stored.unreadable) throw stored.unreadable.error;
      if (!stored.record) throw identityBroken('There is no stored identity to bind to this device');
      const root = rootOfPhrase(words);
      if (samePublicKeys(derivePublicKeys(root), stored.record.public_keys)) {
        return this.#adopt(root, stored, stored.record.created_at, await this.#indexesOf(root));
      }
      root.fill(0);
      throw new IdentityError('bad_phrase', 'This recovery phrase belongs to another identity', {
        advice: `Use the phrase of the node ${fingerprintWords(nodeIdOf(stored.record.public_keys))}.`,
      });
    });
  }

  successor(purpose: KeyPurpose, steps: number): Promise<Signer> {
    return this.#serially(() => {
      const { root, indexes } = this.#unlocked();
      return deriveSigner(root, purpose, indexes[purpose] + steps);
    });
  }

  find(purpose: KeyPurpose, isIt: (publicKey: string) => boolean): Promise<Signer | undefined> {
    return this.#serially(async () => {
      const { root, indexes } = this.#unlocked();
      const index = findIndex(root, purpose, indexes[purpose], isIt);
      return index === undefined ? undefined : deriveSigner(root, purpose, index);
    });
  }

  secret(use: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#serially(() => Promise.resolve(deriveSecret(this.#unlocked().root, use)));
  }

  follow(keys: Readonly<PublicKeys>): Promise<Identity> {
    return this.#serially(async () => {
      const { identity, root, indexes: present } = this.#unlocked();
      if (samePublicKeys(identity.public.publicKeys, keys)) return identity;
      const indexes = findIndexes(root, present, keys);
      await this.#deps.records.commit(new Map([rotationsRecord(root, indexes)]));
      const signers = await deriveSigners(root, indexes);
      this.#opened = { root, indexes, identity: { public: { ...identity.public, publicKeys: { ...keys } }, signers } };
      return this.#opened.identity;
    });
  }

  async #boot(): Promise<IdentityState> {
    const record = await this.#boundRecord();
    if (!record) return { state: 'fresh' };
    if (record.seal.kind === 'device')
      return { state: 'open', identity: await this.#openWith(record, { kind: 'device' }) };
    await this.#forgetDeviceKey();
    const rotations = await readRotations(this.#deps.records);
    return { state: 'locked', public: publicIdentity(record, rotations?.public_keys) };
  }

  /** A readable record that belongs to this device. */
  async #boundRecord(): Promise<IdentityRecord | undefined> {
    const { record, unreadable } = await readStored(this.#deps.records);
    if (unreadable) throw unreadable.error;
    if (record && !isBoundTo(record.device, this.#deps.traits)) throw cloneSuspected();
    return record;
  }

  async #openWith(record: IdentityRecord, how: Opening): Promise<Identity> {
    return this.#hold(await unsealRoot(record, how, this.#deps), record);
  }

  /** A restored root replaces nothing that works: only an empty place, an unreadable record, or the same identity. */
  async #restore(root: Uint8Array<ArrayBuffer>, createdAt: string, indexes: KeyIndexes): Promise<Identity> {
    const stored = await readStored(this.#deps.records);
    const same = stored.record && samePublicKeys(derivePublicKeys(root), stored.record.public_keys);
    if (this.#opened || (stored.record && !same)) {
      root.fill(0);
      throw identityExists();
    }
    // What stands here knows of rotations after the backup. A node's id is its first node key's, so a log that is begun
    // anew begins with that one; a log that is here says which it has in force.
    const known = same ? await this.#indexesOf(root) : { ...indexes, node: 0 };
    return this.#adopt(root, stored, stored.record?.created_at ?? createdAt, known);
  }

  async #indexesOf(root: Uint8Array): Promise<KeyIndexes> {
    return provenIndexes(root, await readRotations(this.#deps.records));
  }

  async #adopt(
    root: Uint8Array<ArrayBuffer>,
    stored: Stored,
    createdAt: string,
    indexes: KeyIndexes,
  ): Promise<Identity> {
    try {
      return await this.#hold(root, await this.#store(root, { kind: 'device' }, stored, createdAt, indexes));
    } catch (error) {
      root.fill(0);
      throw error;
    }
  }

  /** One commit: after it the new record stands, before it the old one. */
  async #store(
    root: Uint8Array,
    how: Opening,
    stored: Stored,
    createdAt: string,
    indexes: KeyIndexes,
  ): Promise<IdentityRecord> {
    const { traits, random, records } = this.#deps;
    const public_keys = derivePublicKeys(root);
    const head = { v: 1, public_keys, created_at: createdAt, device: bindDevice(traits, random) } as const;
    const record = await sealRoot(root, how, head, userName(public_keys), this.#deps);
    const changes = new Map<string, Json | undefined>([[RECORD_KEY, record], rotationsRecord(root, indexes)]);
    if (stored.unreadable?.raw !== undefined) changes.set(UNREADABLE_KEY, stored.unreadable.raw);
    await records.commit(changes);
    return record;
  }

  /** The last check before a root is believed: every public key in the record comes from it. */
  async #hold(root: Uint8Array<ArrayBuffer>, record: IdentityRecord): Promise<Identity> {
    if (!samePublicKeys(derivePublicKeys(root), record.public_keys)) {
      root.fill(0);
      throw identityBroken('The stored public keys do not come from the stored secret');
    }
    const indexes = await this.#indexesOf(root);
    const shown = publicIdentity(record, derivePublicKeys(root, indexes));
    const identity = { public: shown, signers: await deriveSigners(root, indexes) };
    if (this.#opened && this.#opened.root !== root) this.#opened.root.fill(0);
    this.#opened = { identity, root, indexes };
    return identity;
  }

  #unlocked(): Opened {
    if (this.#opened) return this.#opened;
    throw keysLocked();
  }

  /** A copy of the old record must not open for ever. Start-up tries again, so failing here is not the caller's trouble. */
  async #forgetDeviceKey(): Promise<void> {
    await this.#deps.deviceKey.forget().catch(() => undefined);
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString();
  }
}

function openingOf(how: Sealing): Opening {
  if ('passphrase' in how) return { kind: 'passphrase', passphrase: how.passphrase };
  return 'passkey' in how ? { kind: 'passkey' } : { kind: 'device' };
}

const userName = (keys: PublicKeys): string => `Sovereign Node (${fingerprintWords(nodeIdOf(keys))})`;

function identityExists(): IdentityError {
  return new IdentityError('identity_exists', 'There is an identity here already', {
    advice: 'Erase it in Settings first, once its recovery phrase is written down.',
  });
}
