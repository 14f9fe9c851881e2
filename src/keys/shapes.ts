import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';

/**
 * The `data` of the entries that make a key's life; docs/identity.md has them field by field. What is signed is strict;
 * beside it a later version may add fields.
 */
const Sha = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not 32 bytes in lower hex'));
const Signature = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/, 'not an Ed25519 signature in base64'));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Origin = v.pipe(v.string(), v.maxLength(128));

export const PURPOSES = ['node', 'governance', 'log', 'owner'] as const;
export type Purpose = (typeof PURPOSES)[number];
const PurposeShape = v.picklist(PURPOSES);

export const REASONS = ['compromised', 'lost', 'superseded', 'other'] as const;
export type RevocationReason = (typeof REASONS)[number];

const Keys = v.object({ node: Sha, governance: Sha, log: Sha, owner: Sha });
/** Purpose → SHA-256 of the raw public key that comes next. */
const Commitments = v.strictObject({
  node: v.optional(Sha),
  governance: v.optional(Sha),
  log: v.optional(Sha),
  owner: v.optional(Sha),
});
export type Commitments = v.InferOutput<typeof Commitments>;

export const Genesis = v.object({
  origin: Origin,
  keys: Keys,
  next: v.optional(v.strictObject({ node: Sha, governance: Sha, log: Sha, owner: Sha })),
  signature: v.optional(Signature),
});

const Rotation = v.strictObject({
  v: v.literal(1),
  type: v.literal('KEY_ROTATED'),
  origin: Origin,
  purpose: PurposeShape,
  index: Count,
  previous: Sha,
  key: Sha,
  next: Commitments,
});
export type Rotation = v.InferOutput<typeof Rotation>;
export const Rotated = v.object({
  rotation: Rotation,
  key_signature: Signature,
  previous_signature: v.nullable(Signature),
  owner_signature: v.nullable(Signature),
});

const Revocation = v.strictObject({
  v: v.literal(1),
  type: v.literal('KEY_REVOKED'),
  origin: Origin,
  purpose: PurposeShape,
  key: Sha,
  from_seq: Count,
  reason: v.picklist(REASONS),
});
export type Revocation = v.InferOutput<typeof Revocation>;
export const Revoked = v.object({ revocation: Revocation, signer: Sha, signature: Signature });

const Hidden = v.strictObject({ $hidden: Sha });
const TrusteeList = v.strictObject({
  v: v.literal(1),
  type: v.literal('TRUSTEES_SET'),
  origin: Origin,
  number: Count,
  needed: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  trustees: v.pipe(
    v.array(v.strictObject({ key: Sha, name: v.nullable(Hidden) })),
    v.minLength(1),
    v.maxLength(LIMITS.trustees),
  ),
});
export type TrusteeList = v.InferOutput<typeof TrusteeList>;
export const TrusteesSet = v.object({ trustees: TrusteeList, signature: Signature });

const Recovery = v.strictObject({
  v: v.literal(1),
  type: v.literal('RECOVERY'),
  origin: Origin,
  index: Count,
  previous: Sha,
  key: Sha,
  next: v.strictObject({ owner: Sha }),
  trustees_sha256: Sha,
});
export type Recovery = v.InferOutput<typeof Recovery>;
const TrusteeSignature = v.strictObject({ key: Sha, signature: Signature });
export type TrusteeSignature = v.InferOutput<typeof TrusteeSignature>;
export const Recovered = v.object({
  recovery: Recovery,
  signatures: v.pipe(v.array(TrusteeSignature), v.maxLength(LIMITS.trustees)),
  key_signature: Signature,
});

/** The text that trustees are shown and sign, read strictly: nothing else is ever signed as a trustee. */
export const parseRecovery = (value: unknown): Recovery | undefined => {
  const parsed = v.safeParse(Recovery, value);
  return parsed.success ? parsed.output : undefined;
};
