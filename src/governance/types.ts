import { SovereignError } from '../protocol/errors';
import type { Json, JsonObject } from '../protocol/json';
import type { Sha256 } from '../crypto';

export type GovernanceCode =
  | 'denied' // the policy says no, or says nothing
  | 'no_executor' // nothing here performs this action
  | 'approval_refused'
  | 'approval_expired'
  | 'approval_unknown'
  | 'approval_invalid' // not signed by a registered approver over this request and action
  | 'role_invalid' // role, context, key or time does not check out against the registry
  | 'bad_arguments'
  | 'bad_policy' // details: { errors: [{ message, line?, column? }] }
  | 'lock_out' // the new policies would keep the owner from ever changing them
  | 'bad_result' // the effect answered something that is not bounded JSON
  | 'order_unchecked' // an executor answered without having checked its order
  | 'config_broken' // the log's governance records do not check out: the node halts; details: { seq? }
  | 'overloaded'
  | 'keys_changing' // a key is just being changed, and nothing is signed until that is done
  | 'keys_in_use' // other acts are under way, and their signatures must not be cut in two
  | 'cancelled'
  | OrderRefusal;

/** Why an executor turned a work order away. */
export type OrderRefusal =
  | 'order_malformed'
  | 'order_bad_signature'
  | 'order_wrong_audience'
  | 'order_wrong_action'
  | 'order_wrong_arguments'
  | 'order_expired'
  | 'order_not_yet_valid'
  | 'order_used'
  | 'order_stale_policy'
  | 'order_not_logged'; // its EXECUTION_AUTHORIZED entry is not durable yet

export class GovernanceError extends SovereignError<GovernanceCode> {
  override readonly name = 'GovernanceError';
}

/** Cedar's three names plus context: https://docs.cedarpolicy.com. */
export interface Principal {
  /** `Member`: another device of the mesh, by its peer id. */
  type: 'Owner' | 'Pipeline' | 'Agent' | 'Member';
  id: string;
}

export const OWNER: Principal = Object.freeze({ type: 'Owner', id: 'owner' });

export type ActionName =
  | 'run_stage'
  | 'run_skill'
  | 'read_dataset'
  | 'store_artifact'
  | 'promote'
  | 'rollback'
  | 'export_evidence'
  | 'sign_policies'
  | 'rotate_key'
  | 'revoke_key'
  | 'set_trustees'
  | 'recover_owner'
  | 'erase_openings'
  | 'fetch_skill'
  | 'install_skill'
  | 'upgrade_skill'
  | 'rollback_skill'
  | 'pin_skill'
  | 'revoke_skill'
  | 'trust_author'
  | 'revoke_author'
  | 'fetch_content'
  | 'delegate_skill'
  | 'ask';

export interface Resource {
  type:
    | 'Stage'
    | 'Skill'
    | 'Dataset'
    | 'Artifact'
    | 'Pointer'
    | 'Log'
    | 'PolicySet'
    | 'Key'
    | 'Trustees'
    | 'Openings'
    | 'Author'
    | 'Site'
    | 'Content'
    | 'Request';
  id: string;
}

/** Who executes it: an order names exactly one. */
export type Audience =
  | 'pipeline'
  | 'skills'
  | 'datasets'
  | 'artifacts'
  | 'registry'
  | 'export'
  | 'config'
  | 'keys'
  | 'privacy'
  | 'installs'
  | 'content'
  | 'delegation'
  | 'remote';

/** What is asked of the kernel. */
export interface Intent {
  principal: Principal;
  action: ActionName;
  resource: Resource;
  /** Signed over by digest: everything that the effect depends on. */
  args: JsonObject;
  /** Facts for the policy: strings, integers, booleans. */
  context: Readonly<Record<string, string | number | boolean>>;
  /** The role this is done in; checked against the registry. */
  roleSignature: RoleSignature;
  /** The run this belongs to, for the log. */
  run?: string;
  /** Bytes that the effect needs; `args.sha256` names them, so the order covers them. */
  payload?: Uint8Array;
}

/** A signed grant of a role to a principal, for one context. docs/work-order.md. */
export interface RoleSignature {
  v: 1;
  role: 'owner' | 'pipeline_executor' | 'evaluator' | 'promoter' | 'auditor' | 'controller' | 'member' | 'approver';
  principal: Principal;
  context: JsonObject;
  nonce: string;
  issued_at: string;
  expires_at: string;
  /** SHA-256 of the issuer's raw public key; looked up in the registry, never trusted from here. */
  issuer: Sha256;
  signature: string;
}

export interface Approval {
  /** SHA-256 of the approver's raw public key; looked up in the registry, never trusted from here. */
  approver: Sha256;
  /** The signature covers the JCS of { v: 1, approval_id, action_digest, verdict, decided_at }: docs/work-order.md. */
  approval_id: string;
  action_digest: Sha256;
  verdict: 'yes' | 'no';
  decided_at: string;
  signature: string;
}

/** The single-use permission. Field names are on the wire and in the evidence. */
export interface WorkOrder {
  v: 1;
  order_id: string;
  issued_at: string;
  expires_at: string;
  audience: Audience;
  principal: Principal;
  role_signature: Sha256;
  action: ActionName;
  resource: Resource;
  arguments_sha256: Sha256;
  policy_sha256: Sha256;
  decision: { effect: 'allow'; policies: string[] };
  approvals: Approval[];
  budget: { gas: number | null; bytes: number | null; wall_ms: number | null };
  /** Log size when the order was made: the order can only be newer. */
  log_seq: number;
  signature: string;
}

/** What {@link Kernel.execute} gives back. */
export interface Executed<R extends Json = Json> {
  order: WorkOrder;
  result: R;
  /** SHA-256 of the JCS of the result, as logged. */
  resultDigest: Sha256;
  authorizedSeq: number;
  completedSeq: number;
  ms: number;
}

/** An effect: performs exactly what the order says, after checking the order itself. */
export interface Executor<R extends Json = Json> {
  readonly audience: Audience;
  execute(order: WorkOrder, args: JsonObject, context: EffectContext): Promise<R>;
}

export interface EffectContext {
  signal: AbortSignal;
  /** Absent unless the intent had one; the executor checks it against `args.sha256`. */
  payload?: Uint8Array;
  /** Hears how far the effect is, where it can tell: for a person to read, and never evidence. */
  onProgress?: (permille: number, note: string) => void;
}

export interface PendingApproval {
  id: string;
  actionDigest: Sha256;
  intent: Omit<Intent, 'roleSignature' | 'payload'>;
  policies: string[];
  needed: number;
  given: Approval[];
  requestedAt: string;
  expiresAt: string;
}

export type Verdict = 'yes' | 'no' | 'always' | 'never';

export interface Kernel {
  /**
   * The only way to an effect. Waits for approvals where the policy asks for them.
   * @throws GovernanceError for every refusal, after EXECUTION_BLOCKED is durable.
   */
  execute(intent: Intent, options?: ExecuteOptions): Promise<Executed>;
}

export interface ExecuteOptions extends Pick<EffectContext, 'onProgress'> {
  signal?: AbortSignal;
  /** It waits for approval. */
  onPending?: (id: string) => void;
  /** Its order is durable, at `seq`, and the effect begins. */
  onAuthorized?: (order: WorkOrder, seq: number) => void;
}
