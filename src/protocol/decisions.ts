import type { Json, JsonObject } from './json';

/** One policy decision as the log records it, and a line of a bundle's `policy/decisions.jsonl`. docs/policy.md. */
export interface DecisionRecord {
  /** Position of the entry that holds it. */
  seq: number;
  request: { principal: EntityName; action: string; resource: EntityName; context: JsonObject };
  /** SHA-256 of the policy text; the schema is that of the snapshot in force at `seq`. */
  policy_sha256: string;
  decision: 'allow' | 'deny';
  /** Ids of the policies that determined it, sorted. */
  policies: readonly string[];
  /** Approvals by distinct approvers that it asked for; 0 for a deny. */
  needed: number;
  /** Ids of the policies that failed to evaluate, sorted. */
  errors: readonly string[];
}

export interface EntityName {
  type: string;
  id: string;
}

/** What of a log entry counts here. */
interface LoggedEntry {
  seq: number;
  type: string;
  data: JsonObject;
}

/**
 * The decision that an entry records; `undefined` when it records none, or not in the form of docs/work-order.md.
 * The lines of `policy/decisions.jsonl` are the JCS of these, in log order.
 */
export function decisionsOf({ seq, type, data }: LoggedEntry): DecisionRecord | undefined {
  if (type === 'EXECUTION_AUTHORIZED') {
    const order = asObject(data['order']);
    const decision = asObject(order?.['decision']);
    if (!order || decision?.['effect'] !== 'allow') return undefined;
    const told = { policy: order['policy_sha256'], policies: decision['policies'], needed: data['needed'], errors: [] };
    return record(seq, 'allow', data['request'], told);
  }
  const { policy_sha256: policy, policies, needed, errors } = data;
  if (type === 'APPROVAL_REQUESTED')
    return record(seq, 'allow', data['intent'], { policy, policies, needed, errors: [] });
  if (type === 'EXECUTION_BLOCKED' && data['decided'] === true)
    return record(seq, 'deny', data, { policy, policies, needed: 0, errors });
  return undefined;
}

type Told = Record<'policy' | 'policies' | 'needed' | 'errors', Json | undefined>;

function record(
  seq: number,
  decision: 'allow' | 'deny',
  asked: Json | undefined,
  { policy, policies, needed, errors }: Told,
): DecisionRecord | undefined {
  const { principal, action, resource, context } = asObject(asked) ?? {};
  const names = { principal: asName(principal), resource: asName(resource) };
  const facts = asObject(context);
  if (!names.principal || typeof action !== 'string' || !names.resource || !facts) return undefined;
  if (typeof policy !== 'string' || !isCount(needed) || !areIds(policies) || !areIds(errors)) return undefined;
  // In the order of JCS, which is written fastest so.
  const request = { action, context: facts, principal: names.principal, resource: names.resource };
  return { decision, errors, needed, policies, policy_sha256: policy, request, seq };
}

const asObject = (json: Json | undefined): JsonObject | undefined =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : undefined;

/** Exactly a type and an id: anything more was not part of the question. */
function asName(json: Json | undefined): EntityName | undefined {
  const { type, id, ...more } = asObject(json) ?? {};
  return typeof type === 'string' && typeof id === 'string' && Object.keys(more).length === 0
    ? { id, type }
    : undefined;
}

const isCount = (json: Json | undefined): json is number => Number.isSafeInteger(json) && (json as number) >= 0;

/** Sorted and distinct, so that one decision has one form. */
const areIds = (json: Json | undefined): json is readonly string[] =>
  Array.isArray(json) && json.every((id, i) => typeof id === 'string' && (i === 0 || id > (json[i - 1] as string)));
