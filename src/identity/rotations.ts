import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import { StorageError, type RecordStore } from '../storage/types';
import {
  derivePublicKey,
  derivePublicKeys,
  FIRST_KEYS,
  samePublicKeys,
  type KeyIndexes,
  type PublicKeys,
} from './keys';
import { identityBroken, PublicKeysSchema } from './record';
import { KEY_PURPOSES, type KeyPurpose } from './types';

/**
 * Which keys of the root are in force. The log is what says so; this record saves the search, tells a locked node's keys,
 * and goes into the backup. It holds no secret, and whoever changes it only makes the next start search again.
 */
const ROTATIONS_KEY = 'identity.keys';

const Index = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2 * LIMITS.keyRotations));
/** Shared with the backup file. */
export const IndexesSchema = v.strictObject({ node: Index, governance: Index, log: Index, owner: Index });
const RotationsSchema = v.strictObject({ v: v.literal(1), indexes: IndexesSchema, public_keys: PublicKeysSchema });
export type Rotations = v.InferOutput<typeof RotationsSchema>;

/** Undefined also when it is damaged: then the log says what it would have said. */
export async function readRotations(records: RecordStore): Promise<Rotations | undefined> {
  const stored = await records.get(ROTATIONS_KEY).catch((error: unknown) => {
    if (error instanceof StorageError && error.code === 'corrupt') return undefined;
    throw error;
  });
  const parsed = v.safeParse(RotationsSchema, stored);
  return parsed.success ? parsed.output : undefined;
}

/** The change to commit; of an identity that was never rotated there is nothing to remember. */
export function rotationsRecord(root: Uint8Array, indexes: KeyIndexes): [key: string, value: Json | undefined] {
  if (KEY_PURPOSES.every((p) => indexes[p] === 0)) return [ROTATIONS_KEY, undefined];
  return [ROTATIONS_KEY, { v: 1, indexes: { ...indexes }, public_keys: derivePublicKeys(root, indexes) }];
}

/** What is remembered, once the root proves it; else the first keys. */
export const provenIndexes = (root: Uint8Array, stored: Rotations | undefined): KeyIndexes =>
  stored && samePublicKeys(derivePublicKeys(root, stored.indexes), stored.public_keys) ? stored.indexes : FIRST_KEYS;

/**
 * Finds each of `keys` among those of the root: the present one first, then forward, then back.
 *
 * @throws IdentityError `identity_broken`
 */
export function findIndexes(root: Uint8Array, present: KeyIndexes, keys: PublicKeys): KeyIndexes {
  const found = KEY_PURPOSES.map((purpose) => {
    const index = findIndex(root, purpose, present[purpose], (key) => key === keys[purpose]);
    if (index !== undefined) return [purpose, index];
    throw identityBroken(`The ${purpose} key that the log has in force is not one of this identity`);
  });
  return Object.fromEntries(found) as KeyIndexes;
}

export function findIndex(
  root: Uint8Array,
  purpose: KeyPurpose,
  from: number,
  isIt: (publicKey: string) => boolean,
): number | undefined {
  const matches = (index: number): boolean => isIt(derivePublicKey(root, purpose, index));
  for (let index = from; index <= from + LIMITS.keyRotations; index++) if (matches(index)) return index;
  for (let index = from - 1; index >= 0; index--) if (matches(index)) return index;
  return undefined;
}
