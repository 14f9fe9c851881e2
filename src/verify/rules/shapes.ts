import * as v from 'valibot';
import type { JsonObject } from '../../protocol/json';

/**
 * What the entries' `data` must hold for the rules to judge them. Fields beyond these are allowed: they are hashed and
 * signed all the same, and a later version may add some.
 */
const Sha = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Text = v.string();
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Body = v.custom<JsonObject>((x) => typeof x === 'object' && x !== null && !Array.isArray(x));
const Any = v.custom<NonNullable<unknown> | null>((x) => x !== undefined);

export const Genesis = v.object({
  origin: Text,
  node_id: Sha,
  keys: v.object({ node: Sha, governance: Sha, log: Sha, owner: Sha }),
});

export const Snapshot = v.object({
  snapshot: v.intersect([Body, v.object({ number: Count, policies_sha256: Sha, schema_sha256: Sha })]),
  snapshot_sha256: Sha,
  signature: Text,
  owner_signature: v.nullable(Text),
});

export const Role = v.object({
  role_signature: v.object({
    role: Text,
    principal: v.object({ type: Text, id: Text }),
    context: v.optional(Body),
    issued_at: Text,
    expires_at: Text,
    nonce: Text,
    issuer: Sha,
    signature: Text,
  }),
  role_signature_sha256: Sha,
});

const Approval = v.object({
  approver: Sha,
  approval_id: Text,
  action_digest: Sha,
  verdict: v.picklist(['yes', 'no']),
  decided_at: Text,
  signature: Text,
});
export type ApprovalData = v.InferOutput<typeof Approval>;

/** What a role `approver` is bound to: one request, and the raw key in hex. */
export const Approver = v.object({ approval_id: Text, key: Sha });

export const ApprovalRequested = v.object({ approval_id: Text, action_digest: Sha });
export const ApprovalDecided = v.object({ approval_id: Text, approval: Approval });

export const Authorized = v.object({
  order: v.object({
    order_id: v.pipe(v.string(), v.minLength(1)),
    issued_at: Text,
    expires_at: Text,
    principal: Body,
    role_signature: Sha,
    action: Text,
    resource: Body,
    arguments_sha256: Sha,
    policy_sha256: Sha,
    approvals: v.array(Approval),
    log_seq: Count,
    signature: Text,
  }),
  arguments: Any,
  request: v.object({ principal: Body, action: Text, resource: Body, context: Body }),
});

export const Outcome = v.object({ order_id: Text, authorized_seq: Count });
export const Completed = v.object({ result: Any, result_sha256: Sha });
/** An entry that was made under an order, whose outcome may still be to come. */
export const UnderOrder = v.object({ order_id: Text });

export const StageCompleted = v.object({
  order_id: Text,
  run: Text,
  stage: Text,
  type: Text,
  artifacts: v.array(v.object({ name: Text, sha256: Sha, bytes: Count })),
  statement_sha256: Sha,
});

/** What a move of any kind proves. */
export const StateMoved = v.object({ state_before: Sha, state_after: Sha });

export const PointerMoved = v.object({
  pointer: v.pipe(v.string(), v.minLength(1)),
  from: v.nullable(Sha),
  to: v.nullable(Sha),
  state_before: Sha,
  state_after: Sha,
});
