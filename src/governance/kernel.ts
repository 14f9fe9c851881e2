import type { AuditLog, Receipt } from '../audit/types';
import { SovereignError, toWireError } from '../protocol/errors';
import type { Json, JsonObject } from '../protocol/json';
import type { Decision } from '../policy';
import { LIMITS } from '../protocol/limits';
import type { Clock, Random } from '../protocol/runtime';
import { jcs, sha256Text, utf8, type Sha256, type Signer } from '../crypto';
import { ACTIONS, readAct, type Act, type FactSource } from './actions';
import type { ApprovalBook } from './approvals';
import type { ApprovalDesk } from './desk';
import type { OrderLedger } from './gate';
import type { KeyGuard } from './guard';
import type { PoliciesInForce } from './in-force';
import { makeOrder } from './order';
import { approvalExpired, brief, cancelled, denied, refusedByApprover } from './refusals';
import type { RoleRegistry } from './roles';
import { GovernanceError } from './types';
import type {
  Audience,
  EffectContext,
  ExecuteOptions,
  Executed,
  Executor,
  Intent,
  Kernel,
  PendingApproval,
  WorkOrder,
} from './types';

export interface KernelParts {
  log: AuditLog;
  governance: Signer;
  guard: KeyGuard;
  clock: Clock;
  random: Random;
  roles: RoleRegistry;
  book: ApprovalBook;
  desk: ApprovalDesk;
  inForce: PoliciesInForce;
  ledger: OrderLedger;
  executors: ReadonlyMap<Audience, Executor>;
  factsOf: FactSource;
}

/** What the log must say of an attempt, as far as it got. */
interface Attempt {
  act?: Act;
  /** The refusal that is in the log already. */
  logged?: GovernanceError;
}

interface Authorized {
  act: Act;
  order: WorkOrder;
  receipt: Receipt;
}

/**
 * The only way to an effect: governance.md's seven steps. Guarantees: the authorisation is durable before the effect
 * begins; its outcome is durable before the promise settles; every refusal is a durable EXECUTION_BLOCKED before it is
 * thrown; an effect is never repeated. If the log cannot be written, nothing is done and the log's own error is thrown.
 */
export function createKernel(parts: KernelParts): Kernel {
  const { guard } = parts;

  /** Steps 1 to 5. */
  const authorize = async (intent: Intent, options: ExecuteOptions, signal: AbortSignal): Promise<Authorized> => {
    const attempt: Attempt = {};
    let inside = false;
    try {
      attempt.act = readAct(intent, parts.factsOf);
      guard.enter();
      inside = true;
      for (;;) {
        const { act } = attempt;
        const step = await parts.inForce.deciding(() => decide(parts, act, attempt, intent.roleSignature, signal));
        if ('order' in step) return step;
        options.onPending?.(step.approvalId);
        // A wait may last a week: it holds no slot that somebody else could use.
        guard.leave();
        inside = false;
        const outcome = await parts.desk.wait(step.approvalId, signal);
        if (outcome === 'refused') throw refusedByApprover();
        if (outcome === 'expired') throw approvalExpired();
        guard.enter();
        inside = true;
      }
    } catch (error) {
      if (inside) guard.leave();
      if (error instanceof GovernanceError && error !== attempt.logged)
        await logBlocked(parts, error, attempt.act ? asked(attempt.act) : unreadable(intent));
      throw error;
    }
  };

  const execute: Kernel['execute'] = async (intent, options = {}) => {
    const began = parts.clock.now();
    const signal = options.signal ?? new AbortController().signal;
    const authorized = await authorize(intent, options, signal);
    try {
      options.onAuthorized?.(authorized.order, authorized.receipt.seq);
      const { payload } = intent;
      const { onProgress } = options;
      const context = { signal, ...(payload ? { payload } : {}), ...(onProgress ? { onProgress } : {}) };
      return await perform(parts, authorized, context, began);
    } finally {
      guard.leave();
    }
  };
  return Object.freeze({ execute });
}

/** Steps 2 to 5, once: an order whose authorisation is durable, or the request for approval to wait for. */
async function decide(
  parts: KernelParts,
  act: Act,
  attempt: Attempt,
  roleSignature: unknown,
  signal: AbortSignal,
): Promise<Authorized | { approvalId: string }> {
  const { book, desk, inForce, executors } = parts;
  refuseCancelled(signal);
  if (!executors.has(ACTIONS[act.action].audience))
    throw new GovernanceError('no_executor', `Nothing here performs ${act.action}.`);
  const role = await parts.roles.check(roleSignature, act, parts.clock.now());
  const { policies } = inForce;
  const decision = policies.decide(act);
  if (decision.effect === 'deny') {
    await desk.withdraw(act);
    const error = denied(act.action, decision);
    await logBlocked(parts, error, asked(act), decision);
    attempt.logged = error;
    throw error;
  }
  const grant = book.take(act, decision.needed);
  if (!grant && decision.needed > 0) {
    await desk.sweep();
    return { approvalId: await desk.request(act, decision, policies.sha256) };
  }
  try {
    if (!grant) await desk.withdraw(act);
    const order = await orderFor(parts, act, role, policies.sha256, decision.policies, grant);
    refuseCancelled(signal);
    parts.ledger.expect(order);
    const receipt = await logAuthorized(parts.log, act, order, decision.needed);
    if (grant) desk.consumed(grant.id);
    return { act, order, receipt };
  } catch (error) {
    if (grant) desk.giveBack(grant.id);
    throw error;
  }
}

function refuseCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** Step 4. */
function orderFor(
  { log, clock, random, governance }: KernelParts,
  act: Act,
  roleSignature: Sha256,
  policySha256: Sha256,
  policies: string[],
  grant: PendingApproval | undefined,
): Promise<WorkOrder> {
  const facts = { act, roleSignature, policySha256, policies, approvals: grant?.given ?? [], logSize: log.size };
  return makeOrder({ ...facts, now: clock.now() }, random, governance);
}

/** Steps 6 and 7. */
async function perform(
  parts: KernelParts,
  { act, order, receipt }: Authorized,
  context: EffectContext,
  began: number,
): Promise<Executed> {
  const { log, ledger, clock } = parts;
  const outcome = { order_id: order.order_id, authorized_seq: receipt.seq, ...runOf(act) };
  let result: Json;
  let resultDigest: Sha256;
  ledger.admit(order);
  try {
    const executor = parts.executors.get(order.audience)!;
    result = await executor.execute(order, act.args, context);
    if (!ledger.retire(order))
      throw new GovernanceError('order_unchecked', `${order.audience} did not check its order.`);
    resultDigest = digestOfResult(result);
  } catch (error) {
    ledger.retire(order);
    const { code, message } = toWireError(error);
    await log.append({
      type: 'EXECUTION_FAILED',
      severity: 'WARNING',
      data: { ...outcome, code: brief(code), message: brief(message), ...executionOf(error) },
    });
    throw error;
  }
  const completed = await log.append({
    type: 'EXECUTION_COMPLETED',
    data: { ...outcome, result, result_sha256: resultDigest },
  });
  return {
    order,
    result,
    resultDigest,
    authorizedSeq: receipt.seq,
    completedSeq: completed.seq,
    ms: clock.now() - began,
  };
}

/** What an executor tells of a failure that is itself a result, and can be replayed: a skill's trap, say. */
function executionOf(error: unknown): { execution?: JsonObject } {
  const execution = error instanceof SovereignError ? error.details['execution'] : undefined;
  if (typeof execution !== 'object' || execution === null) return {};
  try {
    digestOfResult(execution);
  } catch {
    return {}; // Not JSON, or too long for an entry: the failure itself must still be in the log.
  }
  return { execution: execution as JsonObject };
}

/** Step 5. */
function logAuthorized(log: AuditLog, act: Act, order: WorkOrder, needed: number): Promise<Receipt> {
  const { principal, action, resource, context } = act;
  const request = { principal, action, resource, context };
  return log.append({
    type: 'EXECUTION_AUTHORIZED',
    data: { order, arguments: act.args, request, needed, ...runOf(act) } as unknown as JsonObject,
  });
}

/** @param decision what the policies said; absent when they were not asked, or did not refuse it */
async function logBlocked(
  parts: KernelParts,
  error: GovernanceError,
  what: JsonObject,
  decision?: Decision,
): Promise<void> {
  await parts.log.append({
    type: 'EXECUTION_BLOCKED',
    severity: 'WARNING',
    data: {
      code: error.code,
      message: brief(error.message),
      ...what,
      policy_sha256: parts.inForce.policies.sha256,
      decided: decision !== undefined,
      policies: decision?.policies ?? [],
      errors: decision?.errors.map((e) => e.id) ?? [],
    },
  });
}

const asked = (act: Act): JsonObject => ({
  principal: { ...act.principal },
  action: act.action,
  resource: { ...act.resource },
  context: act.context,
  arguments_sha256: act.argumentsSha256,
  ...runOf(act),
});

/** An intent that was no intent: its text is not evidence, only that it came. */
const unreadable = (intent: unknown): JsonObject => {
  const action = typeof intent === 'object' && intent !== null && 'action' in intent ? intent.action : null;
  return {
    principal: null,
    action: typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? action : null,
    resource: null,
    arguments_sha256: null,
  };
};

const runOf = (act: Act): { run?: string } => (act.run === undefined ? {} : { run: act.run });

function digestOfResult(result: unknown): Sha256 {
  try {
    const text = jcs(result);
    if (utf8(text).length <= LIMITS.argumentsBytes) return sha256Text(text);
  } catch (cause) {
    throw new GovernanceError('bad_result', 'The effect answered something that is not JSON.', { cause });
  }
  throw new GovernanceError('bad_result', `The effect's answer is longer than ${LIMITS.argumentsBytes} bytes.`);
}
