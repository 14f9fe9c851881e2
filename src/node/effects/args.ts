/** The executors' door: argument shapes of each governed action (docs/work-order.md). */
import * as v from 'valibot';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { PURPOSES, REASONS } from '../../keys';
import { EffectError } from './errors';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const hashes = v.pipe(v.array(sha256), v.maxLength(LIMITS.openingsPerAct));
const count = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));

export const ARGS = {
  read_dataset: v.strictObject({ file: label, sha256 }),
  store_artifact: v.strictObject({ name: label, sha256, bytes: count(LIMITS.blobBytes), run: label, stage: label }),
  run_skill: v.strictObject({
    skill: label,
    module_sha256: sha256,
    input_sha256: sha256,
    limits: v.strictObject({
      memoryPages: count(LIMITS.skillMemoryPages),
      wallMs: count(LIMITS.skillTimeoutMs),
      outputBytes: count(LIMITS.skillOutputBytes),
      gas: v.optional(count(LIMITS.skillMaxGas)),
      hostCalls: v.optional(count(LIMITS.skillMaxHostCalls)),
      hostBytes: v.optional(count(LIMITS.skillMaxHostBytes)),
    }),
    // Orders of the first form did not state these.
    abi: v.optional(v.picklist(['raw', 'extism', 'wasi', 'quickjs']), 'raw'),
    entry: v.optional(v.nullable(label), null),
    args: v.optional(v.pipe(v.array(v.string()), v.maxLength(LIMITS.skillArgs)), []),
    files: v.optional(v.record(v.string(), sha256), {}),
    budget: v.optional(v.nullable(count(Number.MAX_SAFE_INTEGER)), null),
    grants: v.pipe(v.array(label), v.maxLength(64)),
  }),
  promote: v.strictObject({
    pointer: label,
    run: label,
    stage: label,
    model_sha256: sha256,
    previous: v.nullable(sha256),
  }),
  rollback: v.strictObject({
    pointer: label,
    run: label,
    stage: label,
    to: v.nullable(sha256),
    expect_state_sha256: sha256,
  }),
  export_evidence: v.strictObject({ run: v.nullable(label), disclose: hashes }),
  fetch_content: v.strictObject({
    sha256,
    max_bytes: count(MESH_LIMITS.contentBytes),
    peers: v.pipe(v.array(label), v.maxLength(MESH_LIMITS.members)),
  }),
  delegate_skill: v.strictObject({
    skill: label,
    module_sha256: sha256,
    input_sha256: sha256,
    /** Peer id. */
    member: label,
  }),
  ask: v.strictObject({ request: label, params: v.nullable(v.record(v.string(), v.unknown())) }),
  rotate_key: v.strictObject({ purpose: v.picklist(PURPOSES) }),
  revoke_key: v.strictObject({ purpose: v.picklist(PURPOSES), key: sha256, reason: v.picklist(REASONS) }),
  set_trustees: v.strictObject({
    needed: count(LIMITS.trustees),
    trustees: v.pipe(
      v.array(v.strictObject({ key: sha256, name: v.nullable(v.strictObject({ $hidden: sha256 })) })),
      v.maxLength(LIMITS.trustees),
    ),
  }),
  recover_owner: v.strictObject({
    recovery: v.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
    signatures: v.pipe(v.array(v.strictObject({ key: sha256, signature: label })), v.maxLength(LIMITS.trustees)),
  }),
  erase_openings: v.strictObject({ hashes: v.pipe(hashes, v.minLength(1)) }),
} as const;

/** @throws EffectError `wrong_effect` when the arguments are not this action's. */
export function parseArgs<N extends keyof typeof ARGS>(name: N, args: JsonObject): v.InferOutput<(typeof ARGS)[N]> {
  const parsed = v.safeParse(ARGS[name], args);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new EffectError('wrong_effect', `${name}.${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}
