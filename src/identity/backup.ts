import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { Random } from '../protocol/runtime';
import { hex, fromHex, jcs, jcsBytes, sha256Text, utf8 } from '../crypto';
import { openBox, sealBox } from './box';
import {
  areSafePublicKeys,
  derivePublicKeys,
  FIRST_KEYS,
  samePublicKeys,
  type KeyIndexes,
  type PublicKeys,
} from './keys';
import { stretch, wrongPassphrase } from './passphrase';
import { BoxSchema, CheckSchema, PassphraseSealSchema, PublicKeysSchema, TimeSchema } from './record';
import { IndexesSchema } from './rotations';
import { IdentityError, KEY_PURPOSES, type Argon2Cost } from './types';

/** First line of a backup file; the second is JCS JSON, the third `sha256:` and the digest of the first two with their LFs. */
export const BACKUP_HEADER = 'sovereign-backup/v1';

const USE = 'backup';
const BackupSchema = v.strictObject({
  v: v.literal(1),
  public_keys: v.pipe(PublicKeysSchema, v.check(areSafePublicKeys)),
  created_at: TimeSchema,
  /** Of an identity whose keys were rotated. */
  indexes: v.optional(IndexesSchema),
  seal: PassphraseSealSchema,
  check: CheckSchema,
  box: BoxSchema,
});
type Backup = v.InferOutput<typeof BackupSchema>;
type BackupHead = Omit<Backup, 'check' | 'box'>;

export interface RestoredBackup {
  /** The caller wipes it. */
  root: Uint8Array<ArrayBuffer>;
  publicKeys: PublicKeys;
  createdAt: string;
  /** Which keys were in force when it was made. */
  indexes: KeyIndexes;
}

/** The text of a backup file: the root under a passphrase of its own. docs/identity.md is the format. */
export async function writeBackup(
  { root, createdAt, indexes }: { root: Uint8Array; createdAt: string; indexes: KeyIndexes },
  passphrase: string,
  cost: Argon2Cost,
  random: Random,
): Promise<string> {
  const salt = random.bytes(16);
  const head: BackupHead = {
    v: 1,
    public_keys: derivePublicKeys(root),
    created_at: createdAt,
    ...(KEY_PURPOSES.every((p) => indexes[p] === 0) ? {} : { indexes: { ...indexes } }),
    seal: { kind: 'passphrase', kdf: 'argon2id', ...cost, salt: hex(salt) },
  };
  const secret = await stretch(passphrase, salt, cost);
  try {
    const body = { ...head, ...(await sealBox(secret, USE, root, jcsBytes(head), random)) };
    const lines = `${BACKUP_HEADER}\n${jcs(body)}\n`;
    return `${lines}sha256:${sha256Text(lines)}\n`;
  } finally {
    secret.fill(0);
  }
}

/**
 * Opens a backup file. Line ends that a mail program turned into CRLF are forgiven, nothing else is.
 *
 * @throws IdentityError `bad_backup` when it is not one or was changed, `wrong_passphrase`
 */
export async function readBackup(file: string, passphrase: string): Promise<RestoredBackup> {
  const { check, box, ...head } = parseBackup(file);
  const secret = await stretch(passphrase, fromHex(head.seal.salt)!, {
    m: head.seal.m,
    t: head.seal.t,
    p: head.seal.p,
  });
  try {
    const root = await openBox(secret, USE, { check, box }, jcsBytes(head));
    if (root === 'wrong_key') throw wrongPassphrase();
    if (root === 'changed') throw badBackup('This backup file was changed');
    if (!samePublicKeys(derivePublicKeys(root), head.public_keys)) {
      root.fill(0);
      throw badBackup('The keys in this backup file do not belong together');
    }
    const { public_keys: publicKeys, created_at: createdAt, indexes = FIRST_KEYS } = head;
    return { root, publicKeys, createdAt, indexes };
  } finally {
    secret.fill(0);
  }
}

function parseBackup(file: string): Backup {
  if (file.length > LIMITS.backupBytes || utf8(file).length > LIMITS.backupBytes) {
    throw badBackup(`A backup file has at most ${LIMITS.backupBytes} bytes`);
  }
  const [header, json, sum, end, ...more] = file.replaceAll('\r\n', '\n').split('\n');
  if (header !== BACKUP_HEADER) throw badBackup('This is not a Sovereign Node backup file');
  if (json === undefined || sum === undefined || end !== '' || more.length > 0) {
    throw badBackup('This backup file is cut short or has something added');
  }
  if (sum !== `sha256:${sha256Text(`${header}\n${json}\n`)}`)
    throw badBackup('This backup file was changed or damaged');
  const parsed = v.safeParse(BackupSchema, parseJson(json));
  if (!parsed.success || jcs(parsed.output) !== json) throw badBackup('This backup file is not in its form');
  return parsed.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function badBackup(message: string): IdentityError {
  return new IdentityError('bad_backup', message, {
    advice: 'Take another copy of the file, or restore with the recovery phrase.',
  });
}
