import { base64, fromBase64, fromHex, hex } from '../crypto';
import { openBox, sealBox } from './box';
import { ARGON2, stretch, wrongPassphrase } from './passphrase';
import { identityBroken, makeRecord, recordAad, type IdentityRecord, type RecordHead, type SealRecord } from './record';
import { IdentityError, type IdentityDeps, type PasskeyPrf } from './types';

/** How the box's secret is come by; `device` asks nobody. */
export type Opening = { kind: 'device' } | { kind: 'passphrase'; passphrase: string } | { kind: 'passkey' };

/** Separates these boxes' keys from those of a backup file. */
const USE = 'seal';

/** A record of `root` under a new seal. Makes a passkey, a device key or nothing, as `how` says. `root` stays the caller's. */
export async function sealRoot(
  root: Uint8Array,
  how: Opening,
  head: Omit<RecordHead, 'seal'>,
  userName: string,
  deps: IdentityDeps,
): Promise<IdentityRecord> {
  const { seal, secret } = await newSecret(how, userName, deps);
  try {
    const full = { ...head, seal };
    return makeRecord(full, await sealBox(secret, USE, root, recordAad(full), deps.random));
  } finally {
    secret.fill(0);
  }
}

/**
 * The root of a record; the caller wipes it, and checks that the public keys come from it.
 *
 * @throws IdentityError `wrong_passphrase`, `wrong_passkey`, `clone_suspected`, `passkey_unavailable`, `identity_broken`
 */
export async function unsealRoot(
  record: IdentityRecord,
  how: Opening,
  deps: IdentityDeps,
): Promise<Uint8Array<ArrayBuffer>> {
  const secret = await oldSecret(record.seal, how, deps);
  try {
    const root = await openBox(secret, USE, record, recordAad(record));
    if (root === 'wrong_key') throw wrongSecret(how);
    if (root === 'changed') throw identityBroken('The stored identity was changed');
    return root;
  } finally {
    secret.fill(0);
  }
}

async function newSecret(
  how: Opening,
  userName: string,
  { random, deviceKey, passkey, argon2: cost = ARGON2 }: IdentityDeps,
): Promise<{ seal: SealRecord; secret: Uint8Array }> {
  if (how.kind === 'passphrase') {
    const salt = random.bytes(16);
    const seal = { kind: 'passphrase', kdf: 'argon2id', ...cost, salt: hex(salt) } as const;
    return { seal, secret: await stretch(how.passphrase, salt, cost) };
  }
  if (how.kind === 'passkey') {
    const salt = random.bytes(32);
    const made = await lent(passkey).create(userName, salt);
    const seal = { kind: 'passkey', credential_id: base64(made.credentialId), salt: hex(salt) } as const;
    return { seal, secret: full(made.secret) };
  }
  const secret = random.bytes(32);
  return { seal: { kind: 'device', wrapped_key: base64(await deviceKey.wrap(secret)) }, secret };
}

async function oldSecret(seal: SealRecord, how: Opening, { deviceKey, passkey }: IdentityDeps): Promise<Uint8Array> {
  if (seal.kind === 'device' && how.kind === 'device') return deviceKey.unwrap(bytesOf(seal.wrapped_key));
  if (seal.kind === 'passphrase' && how.kind === 'passphrase') {
    return stretch(how.passphrase, fromHex(seal.salt)!, { m: seal.m, t: seal.t, p: seal.p });
  }
  if (seal.kind === 'passkey' && how.kind === 'passkey') {
    return full(await lent(passkey).get(bytesOf(seal.credential_id), fromHex(seal.salt)!));
  }
  throw wrongSecret(how);
}

/** A device key authenticates what it unwraps, so there a wrong secret means a changed record. */
function wrongSecret(how: Opening): IdentityError {
  if (how.kind === 'passphrase') return wrongPassphrase();
  if (how.kind === 'device') return identityBroken('The stored identity was changed');
  return new IdentityError('wrong_passkey', 'This passkey does not open it', {
    advice: 'Use the passkey that the keys were sealed with, or restore with the recovery phrase.',
  });
}

function lent(passkey: PasskeyPrf | undefined): PasskeyPrf {
  if (passkey) return passkey;
  throw new IdentityError('passkey_unavailable', 'There are no passkeys here', {
    advice: 'Open the node in a browser window, or use a passphrase.',
  });
}

/** The window is another realm: what it says is checked. */
function full(secret: Uint8Array): Uint8Array {
  if (secret instanceof Uint8Array && secret.length === 32) return secret;
  throw new IdentityError('passkey_unavailable', 'The passkey gave no 32-byte secret', {
    advice: 'This passkey cannot seal keys; use a passphrase.',
  });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(text);
  if (!bytes) throw identityBroken('The stored identity is not in its form');
  return bytes;
}
