import * as v from 'valibot';
import type { AuditLog, Entry } from '../audit/types';
import { LIMITS } from '../protocol/limits';
import { fromHex, hex, type Sha256 } from '../crypto';
import { holds, KeyLife, type Proof } from '../keys';
import { readAct } from './actions';
import { ApprovalShape, verifyApproval } from './approval';
import { ApprovalBook } from './approvals';
import { Approvers } from './approvers';
import { SignedSnapshotShape, verifySnapshot, type SnapshotInForce } from './config';
import { roleDigest, RoleRegistry, RoleShape } from './roles';
import { keyId, keyRegistry, NonceShape, Sha256Shape, type KeyRegistry, type SigningKeys } from './signed';
import { TimeShape } from './time';
import { GovernanceError, type Approval, type Intent, type RoleSignature } from './types';

const Granted = v.object({ role_signature: RoleShape, role_signature_sha256: Sha256Shape });
const Revoked = v.object({ revoked: Sha256Shape });
const Requested = v.object({
  approval_id: NonceShape,
  action_digest: Sha256Shape,
  intent: v.unknown(),
  policies: v.array(v.string()),
  needed: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(LIMITS.approversPerAction)),
  expires_at: TimeShape,
});
const Decided = v.object({ approval_id: NonceShape, approval: ApprovalShape });
const Expired = v.object({ approval_id: NonceShape });
const Authorized = v.object({
  order: v.object({ order_id: NonceShape, approvals: v.array(v.object({ approval_id: NonceShape })) }),
  run: v.optional(v.string()),
});
const Ended = v.object({ order_id: NonceShape });

/** An EXECUTION_AUTHORIZED without an outcome. */
export interface OpenAuthorization {
  orderId: string;
  seq: number;
  run: string | undefined;
}

/** Governance as the log tells it: a pure fold of its entries, the same on every machine. */
export class GovernanceState {
  readonly roles = new RoleRegistry();
  /** Other devices, each for one request. */
  readonly devices = new Approvers();
  readonly approvals = new ApprovalBook();
  /** Oldest first; the last one is in force. */
  readonly snapshots: SnapshotInForce[] = [];
  readonly open = new Map<string, OpenAuthorization>();
  /** Ids of the newest orders, oldest first. */
  readonly spent = new Set<string>();
  /** ms; of the newest entry. */
  lastTime = 0;
  /** Whose signatures count, and from where to where. */
  readonly life = new KeyLife();
  /** What the changes of keys rest on, still to be verified. */
  readonly proofs: { seq: number; proof: Proof }[] = [];

  /** @throws GovernanceError `config_broken` for a governance record that is malformed or contradicts an earlier one. */
  fold(entry: Entry): void {
    this.lastTime = Date.parse(entry.ts);
    switch (entry.type) {
      case 'GENESIS':
      case 'KEY_ROTATED':
      case 'KEY_REVOKED':
      case 'TRUSTEES_SET':
      case 'RECOVERY':
        return this.#keys(entry);
      case 'CONFIG_SNAPSHOT':
        return this.#snapshot(entry);
      case 'ROLE_SIGNATURE':
        return this.#role(entry);
      case 'APPROVAL_REQUESTED':
        return this.#requested(entry);
      case 'APPROVAL_DECIDED':
        return this.#decided(entry);
      case 'APPROVAL_EXPIRED':
        return this.approvals.close(read(Expired, entry).approval_id);
      case 'EXECUTION_AUTHORIZED':
        return this.#authorized(entry);
      case 'EXECUTION_COMPLETED':
      case 'EXECUTION_FAILED':
        this.open.delete(read(Ended, entry).order_id);
        return;
      default:
    }
  }

  /** The keys at this place of the log. @throws GovernanceError `config_broken` before its GENESIS */
  keysAt(seq: number): SigningKeys {
    const [governance, owner] = [this.life.keyAt('governance', seq), this.life.keyAt('owner', seq)];
    if (governance === undefined || owner === undefined) throw broken(seq, 'no key is in force');
    return { governance: fromHex(governance)!, owner: fromHex(owner)! };
  }

  /** What a revoked key granted is void; so is what an owner key that went had approved, and nobody has used yet. */
  #keys(entry: Entry): void {
    const standing = this.life.spans.filter((span) => !span.revoked);
    const owner = this.life.current('owner');
    const { flaws, proofs } = this.life.apply(entry);
    if (flaws[0] !== undefined) throw broken(entry.seq, flaws[0]);
    this.proofs.push(...proofs.map((proof) => ({ seq: entry.seq, proof })));
    for (const { key, revoked } of standing) {
      if (!revoked) continue;
      this.roles.revokeIssuedBy(idOf(key));
      for (const device of this.devices.revokeIssuedBy(idOf(key))) this.approvals.unsay(device);
    }
    if (owner !== undefined && this.life.current('owner') !== owner) this.approvals.unsay(idOf(owner));
  }

  #decided(entry: Entry): void {
    const { approval } = read(Decided, entry);
    const past = this.life.spans.some(
      (s) => s.purpose === 'owner' && s.until && keyId(fromHex(s.key)!) === approval.approver,
    );
    if (past) throw broken(entry.seq, 'it is approved by a key that was no longer in force');
    if (this.devices.isKnown(approval) && !this.devices.isInTime(approval, this.lastTime)) {
      throw broken(entry.seq, 'it is approved outside the time of its role');
    }
    this.approvals.give(approval);
  }

  #snapshot(entry: Entry): void {
    const signed = read(SignedSnapshotShape, entry);
    if (signed.snapshot.number !== this.snapshots.length + 1) throw broken(entry.seq, 'a snapshot is missing');
    this.snapshots.push({ ...signed, seq: entry.seq });
  }

  #role(entry: Entry): void {
    if ('revoked' in entry.data) {
      this.roles.revoke(read(Revoked, entry).revoked);
      return;
    }
    const { role_signature, role_signature_sha256 } = read(Granted, entry);
    const role: RoleSignature = role_signature;
    if (roleDigest(role) !== role_signature_sha256) throw broken(entry.seq, 'a role does not match its digest');
    const keys = this.keysAt(entry.seq);
    this.roles.add(role, role_signature_sha256, this.lastTime, keys);
    this.devices.add(role, keys);
  }

  #requested(entry: Entry): void {
    const data = read(Requested, entry);
    const act = readIntent(data.intent, entry.seq);
    if (act.actionDigest !== data.action_digest) throw broken(entry.seq, 'a request does not match its digest');
    const { principal, action, resource, args, context, run } = act;
    this.approvals.request({
      id: data.approval_id,
      actionDigest: data.action_digest,
      intent: { principal, action, resource, args, context, ...(run === undefined ? {} : { run }) },
      policies: data.policies,
      needed: data.needed,
      given: [],
      requestedAt: entry.ts,
      expiresAt: data.expires_at,
    });
  }

  #authorized(entry: Entry): void {
    const { order, run } = read(Authorized, entry);
    this.open.set(order.order_id, { orderId: order.order_id, seq: entry.seq, run });
    this.spent.add(order.order_id);
    const oldest = this.spent.values().next().value;
    if (this.spent.size > LIMITS.spentOrders && oldest !== undefined) this.spent.delete(oldest);
    for (const approval of order.approvals) this.approvals.close(approval.approval_id);
  }
}

/**
 * Folds the whole log, then checks what it rests on: the keys against those this node holds, every snapshot's
 * signatures, every approval that could still be used.
 * @throws GovernanceError `config_broken`; the node halts on it.
 */
export async function loadState(
  log: AuditLog,
  held: { governance: Uint8Array; owner: Uint8Array; approvers: readonly Uint8Array[] },
): Promise<{ state: GovernanceState; keys: KeyRegistry }> {
  const state = new GovernanceState();
  for await (const entry of log.entries(0, log.size)) state.fold(entry);
  const { life } = state;
  if (life.origin === undefined) throw broken(0, 'the log has no GENESIS');
  if (life.current('governance') !== hex(held.governance) || life.current('owner') !== hex(held.owner)) {
    throw broken(log.size - 1, 'the log has other keys in force than this node holds');
  }
  for (const { seq, proof } of state.proofs) if (!(await holds(proof))) throw broken(seq, proof.flaw);
  for (const snapshot of state.snapshots) {
    if (!(await verifySnapshot(snapshot, state.keysAt(snapshot.seq)))) {
      throw broken(snapshot.seq, "a snapshot's signature does not hold");
    }
  }
  const keys = keyRegistry(hex(held.governance), hex(held.owner), held.approvers);
  for (const approval of state.approvals.allGiven()) await checkApproval(approval, keys, state.devices);
  return { state, keys };
}

const idOf = (key: string): Sha256 => keyId(fromHex(key)!);

async function checkApproval(approval: Approval, keys: KeyRegistry, devices: Approvers): Promise<void> {
  if (await verifyApproval(approval, keys, devices)) return;
  throw new GovernanceError('config_broken', `The approval ${approval.approval_id} is not signed by an approver.`, WAY);
}

function readIntent(intent: unknown, seq: number): ReturnType<typeof readAct> {
  try {
    return readAct(intent as Intent);
  } catch (cause) {
    throw broken(seq, 'a request for approval is malformed', cause);
  }
}

function read<S extends v.GenericSchema>(shape: S, entry: Entry): v.InferOutput<S> {
  const parsed = v.safeParse(shape, entry.data);
  if (parsed.success) return parsed.output;
  throw broken(entry.seq, `${v.getDotPath(parsed.issues[0]) ?? entry.type} ${parsed.issues[0].message}`);
}

const WAY = { advice: 'Export the log as it is, then restore from a backup.' };

function broken(seq: number, why: string, cause?: unknown): GovernanceError {
  return new GovernanceError('config_broken', `The governance records do not check out at entry ${seq}: ${why}.`, {
    ...WAY,
    cause,
    details: { seq },
  });
}
