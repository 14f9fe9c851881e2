import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import { jcs, sha256Text, type Sha256, type Signer } from '../crypto';
import { Sha256Shape, SignatureShape, signJcs, verifyJcs, type SigningKeys } from './signed';
import { isoTime, TimeShape } from './time';

const SnapshotShape = v.strictObject({
  v: v.literal(1),
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  policies_sha256: Sha256Shape,
  schema_sha256: Sha256Shape,
  limits_sha256: Sha256Shape,
  signed_at: TimeShape,
});
/** `data` of a CONFIG_SNAPSHOT entry: docs/policy.md. */
export const SignedSnapshotShape = v.strictObject({
  snapshot: SnapshotShape,
  snapshot_sha256: Sha256Shape,
  signature: SignatureShape,
  owner_signature: v.nullable(SignatureShape),
});

/** The digest of everything that governs: policies, their schema, the limits. Numbers count up from 1. */
export type Snapshot = v.InferOutput<typeof SnapshotShape>;
export type SignedSnapshot = v.InferOutput<typeof SignedSnapshotShape>;

/** A snapshot and the log position from which it is in force. */
export interface SnapshotInForce extends SignedSnapshot {
  readonly seq: number;
}

/** @param now ms */
export async function signSnapshot(
  facts: { number: number; policiesSha256: Sha256; schemaSha256: Sha256 },
  now: number,
  governance: Signer,
  owner: Signer,
): Promise<SignedSnapshot> {
  const snapshot: Snapshot = {
    v: 1,
    number: facts.number,
    policies_sha256: facts.policiesSha256,
    schema_sha256: facts.schemaSha256,
    limits_sha256: sha256Text(jcs(LIMITS)),
    signed_at: isoTime(now),
  };
  const [signature, ownerSignature] = await Promise.all([signJcs(governance, snapshot), signJcs(owner, snapshot)]);
  return { snapshot, snapshot_sha256: sha256Text(jcs(snapshot)), signature, owner_signature: ownerSignature };
}

/** Digest, governance signature, and the owner's where there is one. */
export async function verifySnapshot(signed: SignedSnapshot, keys: SigningKeys): Promise<boolean> {
  if (sha256Text(jcs(signed.snapshot)) !== signed.snapshot_sha256) return false;
  if (!(await verifyJcs(keys.governance, signed.snapshot, signed.signature))) return false;
  return signed.owner_signature === null || (await verifyJcs(keys.owner, signed.snapshot, signed.owner_signature));
}
