import * as v from 'valibot';
import type { AuditLog } from '../audit/types';
import { problemsIn, type Cedar, type PolicyCheck } from '../policy';
import type { Hidden } from '../privacy';
import type { BlobStore } from '../storage/types';
import { LIMITS } from '../protocol/limits';
import type { Clock, Random } from '../protocol/runtime';
import { hex, sha256Hex, utf8, type Sha256, type Signer } from '../crypto';
import type { FactSource } from './actions';
import { ApprovalShape, isSignedBy, signApproval } from './approval';
import { createConfigExecutor, POLICY_SET, prepareSnapshot, type ConfigStores } from './config-executor';
import { ApprovalDesk, invalid, unknownRequest } from './desk';
import { createOrderLedger, type OrderGate } from './gate';
import { KeyGuard } from './guard';
import { loadInForce } from './in-force';
import { createKernel } from './kernel';
import { createPolicyEngine, DEFAULT_POLICIES, POLICY_SCHEMA, withAlways, withNever } from './policy';
import type { PolicyEngine } from './policy';
import { createRoleOffice, type RoleOffice } from './role-office';
import { keyId } from './signed';
import { loadState, type GovernanceState } from './state';
import { steadyClock } from './time';
import { GovernanceError, OWNER } from './types';
import type { Audience, Executor, Kernel, PendingApproval, Verdict } from './types';

export interface GovernanceOptions {
  log: AuditLog;
  blobs: Pick<BlobStore, 'put' | 'get'>;
  governance: Signer;
  owner: Signer;
  cedar: Cedar;
  clock: Clock;
  random: Random;
  /** The effects, each of which checks its orders at the gate. `sign_policies` is performed here. */
  executors: (gate: OrderGate, guard: KeyGuard) => Iterable<Executor>;
  /** What the node itself knows of an act, e.g. whether a module is pinned; it wins over what the caller states. */
  factsOf?: FactSource;
  /** Raw public keys that may approve besides the owner's. */
  approvers?: readonly Uint8Array[];
}

export interface PolicyInForce {
  cedar: string;
  schema: string;
  sha256: Sha256;
  /** Log position of its snapshot. */
  in_force_from: number;
  signed_at: string;
}

/** The kernel and what the owner does with it. */
export interface Governance extends Kernel, RoleOffice {
  currentPolicy(): PolicyInForce;
  /** Newest first, the one in force included. */
  policyHistory(): { sha256: Sha256; in_force_from: number; signed_at: string }[];
  checkPolicies(cedar: string): PolicyCheck;
  /** Governed: `sign_policies` by the owner. @throws GovernanceError `bad_policy`, `lock_out`, or a refusal */
  setPolicies(cedar: string): Promise<{ sha256: Sha256; seq: number }>;
  /** Requests that wait for a person, oldest first. */
  pendingApprovals(): PendingApproval[];
  /** The owner's verdict, with a personal note on it if he wants. `always` and `never` also sign new policies. @throws GovernanceError `approval_unknown`, … */
  decide(approvalId: string, verdict: Verdict, note?: Hidden): Promise<void>;
  /** The policies in force and what `always` or `never` would make of them. @throws GovernanceError `approval_unknown` */
  preview(approvalId: string, verdict: 'always' | 'never'): { before: string; after: string };
  /** An approval that another registered approver signed. */
  submitApproval(approval: unknown): Promise<void>;
  /**
   * An approval that another device of the owner's signed with its own key: it is made an approver of this one request.
   * Whether it may is the caller's to ask first. @throws GovernanceError `approval_unknown`, `approval_invalid`
   */
  submitFrom(device: { peer: string; key: Uint8Array }, approval: unknown): Promise<void>;
  /** Ends requests that have expired. Call it every minute or so, and after the machine slept. */
  sweep(): Promise<void>;
  onApprovals(listener: () => void): () => void;
  onPolicies(listener: () => void): () => void;
  /** Ends the calls that wait for an approval with `reason`; their requests stand in the log. */
  close(reason: Error): void;
}

/**
 * Opens governance over a log that holds a GENESIS: folds it, verifies what it rests on, begins a fresh one with the
 * default policies, and closes what a crash left open as EXECUTION_FAILED (`interrupted`).
 * @throws GovernanceError `config_broken`: the node halts.
 */
export async function openGovernance(options: GovernanceOptions): Promise<Governance> {
  const { log, blobs, governance, owner, random } = options;
  const held = { governance: governance.publicKey, owner: owner.publicKey, approvers: options.approvers ?? [] };
  const { state, keys } = await loadState(log, held);
  const clock = steadyClock(options.clock, state.lastTime);
  const engine = createPolicyEngine(options.cedar);
  const stores: ConfigStores = { log, blobs, governance, owner, clock };
  if (state.snapshots.length === 0) await bootstrap(stores, engine, state);
  await closeInterrupted(log, state);

  const guard = new KeyGuard();
  const approvalListeners = new Set<() => void>();
  const policyListeners = new Set<() => void>();
  const deciding = new Set<string>();
  const { roles, devices, approvals: book } = state;
  const inForce = await loadInForce(state.snapshots, blobs, engine);
  const desk = new ApprovalDesk({ book, log, keys, devices, clock, random, changed: () => call(approvalListeners) });
  const ledger = createOrderLedger(keys.governance, clock, () => inForce.policies.sha256, state.spent);
  const changed = (): void => {
    desk.policiesChanged(deciding);
    call(policyListeners);
  };
  const config = createConfigExecutor({ ...stores, gate: ledger.gate, engine, keys, inForce, changed });
  const executors = byAudience([...options.executors(ledger.gate, guard), config]);
  const factsOf = options.factsOf ?? (() => ({}));
  const parts = { log, governance, guard, clock, random, roles, book, desk, inForce, ledger, executors, factsOf };
  const kernel = createKernel(parts);
  const office = createRoleOffice({ log, governance, owner, clock, random, roles, devices, guard });

  const setPolicies: Governance['setPolicies'] = async (cedar) => {
    const payload = utf8(cedar);
    const sha256 = sha256Hex(payload);
    const { completedSeq: _, result } = await kernel.execute({
      principal: OWNER,
      action: 'sign_policies',
      resource: POLICY_SET,
      args: { policies_sha256: sha256 },
      context: {},
      roleSignature: await office.ownerRole(),
      payload,
    });
    return result as { sha256: Sha256; seq: number };
  };

  const edited = ({ intent }: PendingApproval, verdict: 'always' | 'never'): string =>
    (verdict === 'always' ? withAlways : withNever)(options.cedar, inForce.policies.cedar, intent);

  const decide: Governance['decide'] = async (id, verdict, note) => {
    await desk.sweep();
    const pending = book.get(id);
    if (!pending || deciding.has(id)) throw unknownRequest();
    deciding.add(id);
    try {
      if (verdict === 'always' || verdict === 'never') await setPolicies(edited(pending, verdict));
      const answer = verdict === 'yes' || verdict === 'always' ? 'yes' : 'no';
      await guard.during(async () =>
        desk.submit(await signApproval(owner, id, pending.actionDigest, answer, clock.now()), note),
      );
    } finally {
      deciding.delete(id);
    }
  };

  const submitFrom: Governance['submitFrom'] = async ({ peer, key }, value) => {
    const parsed = v.safeParse(ApprovalShape, value);
    if (!parsed.success) throw invalid('it is malformed');
    const approval = parsed.output;
    await desk.sweep();
    const pending = book.get(approval.approval_id);
    if (!pending) throw unknownRequest();
    // Before anything is granted: what is not signed by this device leads to no role.
    const isOwn = approval.approver === keyId(key) && (await isSignedBy(key, approval));
    if (!isOwn || approval.action_digest !== pending.actionDigest) throw invalid('this device did not sign it');
    await office.issueRole({
      role: 'approver',
      principal: { type: 'Member', id: peer },
      context: { approval_id: approval.approval_id, key: hex(key) },
      ttlMs: LIMITS.approverTtlMs,
    });
    await guard.during(() => desk.submit(approval));
  };

  return Object.freeze({
    ...kernel,
    ...office,
    setPolicies,
    decide,
    preview(id: string, verdict: 'always' | 'never') {
      const pending = book.get(id);
      if (!pending) throw unknownRequest();
      return { before: inForce.policies.cedar, after: edited(pending, verdict) };
    },
    currentPolicy: () => ({
      cedar: inForce.policies.cedar,
      schema: inForce.policies.schema,
      sha256: inForce.policies.sha256,
      in_force_from: inForce.snapshot.seq,
      signed_at: inForce.snapshot.snapshot.signed_at,
    }),
    policyHistory: () =>
      inForce.history
        .map(({ snapshot, seq }) => ({
          sha256: snapshot.policies_sha256,
          in_force_from: seq,
          signed_at: snapshot.signed_at,
        }))
        .reverse(),
    checkPolicies: (cedar: string) => problemsIn(options.cedar, cedar, POLICY_SCHEMA),
    pendingApprovals: () => book.list(),
    submitFrom,
    submitApproval: (approval: unknown) => guard.during(() => desk.submit(approval)),
    sweep: () => desk.sweep(),
    onApprovals: (listener: () => void) => subscribe(approvalListeners, listener),
    onPolicies: (listener: () => void) => subscribe(policyListeners, listener),
    close: (reason: Error) => desk.close(reason),
  });
}

/** A fresh log's first snapshot: the default policies, signed by governance and owner. */
async function bootstrap(stores: ConfigStores, engine: PolicyEngine, state: GovernanceState): Promise<void> {
  const signed = await prepareSnapshot(stores, engine.load(DEFAULT_POLICIES, POLICY_SCHEMA), 1);
  const receipt = await stores.log.append({ type: 'CONFIG_SNAPSHOT', data: signed });
  state.snapshots.push({ ...signed, seq: receipt.seq });
}

/** An authorisation without outcome was cut off by a crash. What it did is unknown, so it is never done again by itself. */
async function closeInterrupted(log: AuditLog, state: GovernanceState): Promise<void> {
  const open = [...state.open.values()];
  for (let at = 0; at < open.length; at += LIMITS.commitBatch) {
    await log.appendAll(
      open.slice(at, at + LIMITS.commitBatch).map(({ orderId, seq, run }) => ({
        type: 'EXECUTION_FAILED' as const,
        severity: 'WARNING' as const,
        data: {
          order_id: orderId,
          authorized_seq: seq,
          code: 'interrupted',
          message: 'The node stopped before the outcome was recorded.',
          ...(run === undefined ? {} : { run }),
        },
      })),
    );
  }
  state.open.clear();
}

function byAudience(executors: readonly Executor[]): ReadonlyMap<Audience, Executor> {
  const map = new Map<Audience, Executor>();
  for (const executor of executors) {
    if (map.has(executor.audience))
      throw new GovernanceError('config_broken', `Two executors for ${executor.audience}.`);
    map.set(executor.audience, executor);
  }
  return map;
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const call = (listeners: ReadonlySet<() => void>): void => {
  for (const listener of listeners) listener();
};
