import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import { jcs, jcsBytes, sha256Text } from '../crypto';
import { areSafePublicKeys, nodeIdOf, type PublicKeys } from './keys';
import { fingerprintWords } from './phrase';
import { IdentityError, type PublicIdentity } from './types';
import type { Box } from './box';
import { StorageError, type RecordStore } from '../storage/types';

/** The key of the identity in the record store. docs/identity.md is its format. */
export const RECORD_KEY = 'identity';

const hexOf = (bytes: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)));
const base64 = v.pipe(v.string(), v.maxLength(4096), v.base64());
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

/** Shared with the backup file. */
export const PublicKeysSchema = v.strictObject({
  node: hexOf(32),
  governance: hexOf(32),
  log: hexOf(32),
  owner: hexOf(32),
});
export const TimeSchema = v.pipe(v.string(), v.isoTimestamp(), v.check(isCanonicalTime));
export const CheckSchema = hexOf(16);
export const BoxSchema = base64;
export const PassphraseSealSchema = v.pipe(
  v.strictObject({
    kind: v.literal('passphrase'),
    kdf: v.literal('argon2id'),
    m: count(LIMITS.argon2MemoryKiB),
    t: count(LIMITS.argon2Passes),
    p: count(LIMITS.argon2Lanes),
    salt: hexOf(16),
  }),
  v.check((seal) => seal.m >= 8 * seal.p),
);

const SealSchema = v.union([
  v.strictObject({ kind: v.literal('device'), wrapped_key: base64 }),
  PassphraseSealSchema,
  v.strictObject({ kind: v.literal('passkey'), credential_id: base64, salt: hexOf(32) }),
]);

const RecordSchema = v.strictObject({
  v: v.literal(1),
  public_keys: v.pipe(PublicKeysSchema, v.check(areSafePublicKeys)),
  created_at: TimeSchema,
  device: v.strictObject({ salt: hexOf(16), binding: hexOf(32) }),
  seal: SealSchema,
  check: CheckSchema,
  box: BoxSchema,
  checksum: hexOf(32),
});

export type IdentityRecord = v.InferOutput<typeof RecordSchema>;
export type SealRecord = IdentityRecord['seal'];
/** What the box authenticates. */
export type RecordHead = Pick<IdentityRecord, 'v' | 'public_keys' | 'created_at' | 'device' | 'seal'>;

/** The bytes that the box's tag covers: everything readable. */
export function recordAad(record: RecordHead): Uint8Array<ArrayBuffer> {
  const { v: version, public_keys, created_at, device, seal } = record;
  return jcsBytes({ v: version, public_keys, created_at, device, seal });
}

/** A record ready to store. The checksum finds damage before anybody is asked for a passphrase; it keeps nothing out. */
export function makeRecord(head: RecordHead, sealed: Box): IdentityRecord {
  const body = { ...head, ...sealed };
  return { ...body, checksum: sha256Text(jcs(body)) };
}

/** @throws IdentityError `identity_broken` */
export function parseRecord(stored: Json): IdentityRecord {
  const parsed = v.safeParse(RecordSchema, stored);
  if (!parsed.success) throw identityBroken('The stored identity is not in its form');
  const { checksum, ...body } = parsed.output;
  if (sha256Text(jcs(body)) !== checksum) throw identityBroken('The stored identity was changed or damaged');
  return parsed.output;
}

/** What the store holds: nothing, a record in its form, or something else. */
export type Stored = { record?: IdentityRecord; unreadable?: { error: IdentityError; raw?: Json } };

export async function readStored(records: RecordStore): Promise<Stored> {
  let raw: Json | undefined;
  try {
    raw = await records.get(RECORD_KEY);
    return raw === undefined ? {} : { record: parseRecord(raw) };
  } catch (error) {
    if (error instanceof IdentityError) return { unreadable: { error, ...(raw === undefined ? {} : { raw }) } };
    if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error;
    return { unreadable: { error: identityBroken('The stored identity is damaged', error) } };
  }
}

/** Readable, but only the open box proves it. @param keys those in force: the first ones unless told */
export function publicIdentity(
  head: Pick<RecordHead, 'public_keys' | 'created_at' | 'seal'>,
  keys: PublicKeys = head.public_keys,
): PublicIdentity {
  const nodeId = nodeIdOf(head.public_keys);
  return {
    nodeId,
    publicKeys: { ...keys },
    words: fingerprintWords(nodeId),
    createdAt: head.created_at,
    seal: head.seal.kind,
  };
}

export function identityBroken(message: string, cause?: unknown): IdentityError {
  return new IdentityError('identity_broken', message, {
    advice: 'Restore with the recovery phrase or a backup file; the log is kept.',
    cause,
  });
}

function isCanonicalTime(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}
