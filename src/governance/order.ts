import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { Random } from '../protocol/runtime';
import { hex, type Sha256, type Signer } from '../crypto';
import { ACTIONS, ActionShape, PrincipalShape, ResourceShape, type Act } from './actions';
import { ApprovalShape } from './approval';
import { deepFreeze } from './freeze';
import { NonceShape, Sha256Shape, SignatureShape, signJcs } from './signed';
import { isoTime, TimeShape } from './time';
import { GovernanceError, type Approval, type Audience, type WorkOrder } from './types';

const AUDIENCES = [
  'pipeline',
  'skills',
  'datasets',
  'artifacts',
  'registry',
  'export',
  'config',
  'keys',
  'privacy',
  'installs',
  'content',
  'delegation',
  'remote',
] as const;
const count = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));

const OrderShape = v.strictObject({
  v: v.literal(1),
  order_id: NonceShape,
  issued_at: TimeShape,
  expires_at: TimeShape,
  audience: v.picklist(AUDIENCES) satisfies v.GenericSchema<unknown, Audience>,
  principal: PrincipalShape,
  role_signature: Sha256Shape,
  action: ActionShape,
  resource: ResourceShape,
  arguments_sha256: Sha256Shape,
  policy_sha256: Sha256Shape,
  decision: v.strictObject({
    effect: v.literal('allow'),
    policies: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(LIMITS.policyCount)),
  }),
  approvals: v.pipe(v.array(ApprovalShape), v.maxLength(LIMITS.approversPerAction)),
  budget: v.strictObject({ gas: count, bytes: count, wall_ms: count }),
  log_seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  signature: SignatureShape,
});

/**
 * A work order read strictly: every field, no other, each in its one form.
 * @throws GovernanceError `order_malformed`
 */
export function parseOrder(value: unknown): WorkOrder {
  const parsed = v.safeParse(OrderShape, value);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new GovernanceError('order_malformed', `Not a work order: ${v.getDotPath(issue) ?? ''} ${issue.message}`);
}

export interface OrderFacts {
  act: Act;
  roleSignature: Sha256;
  policySha256: Sha256;
  policies: string[];
  approvals: Approval[];
  logSize: number;
  /** ms */
  now: number;
}

/** Makes and signs the single-use permission for exactly one act. docs/work-order.md. */
export async function makeOrder(facts: OrderFacts, random: Random, governance: Signer): Promise<WorkOrder> {
  const { act } = facts;
  const body: Omit<WorkOrder, 'signature'> = {
    v: 1,
    order_id: hex(random.bytes(16)),
    issued_at: isoTime(facts.now),
    expires_at: isoTime(facts.now + LIMITS.orderTtlMs),
    audience: ACTIONS[act.action].audience,
    principal: act.principal,
    role_signature: facts.roleSignature,
    action: act.action,
    resource: act.resource,
    arguments_sha256: act.argumentsSha256,
    policy_sha256: facts.policySha256,
    decision: { effect: 'allow', policies: [...facts.policies] },
    approvals: facts.approvals.map((approval) => ({ ...approval })),
    budget: budgetOf(act),
    log_seq: facts.logSize,
  };
  return deepFreeze({ ...body, signature: await signJcs(governance, body) });
}

/** The bounds that the arguments state, repeated where every executor and reader finds them. */
function budgetOf(act: Act): WorkOrder['budget'] {
  const limits = act.args['limits'];
  const of = (key: string): number | null => {
    const value = typeof limits === 'object' && limits !== null ? (limits as Record<string, unknown>)[key] : undefined;
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
  };
  return { gas: of('gas'), bytes: of('outputBytes'), wall_ms: of('wallMs') };
}
