import * as v from 'valibot';
import type { AuditLog } from '../audit/types';
import { LIMITS } from '../protocol/limits';
import type { Clock, Random } from '../protocol/runtime';
import { hex, type Sha256 } from '../crypto';
import type { Hidden } from '../privacy';
import type { Decision } from '../policy';
import type { Act } from './actions';
import { ApprovalShape, verifyApproval } from './approval';
import { standing, type ApprovalBook } from './approvals';
import type { Approvers } from './approvers';
import { cancelled } from './refusals';
import type { KeyRegistry } from './signed';
import { isoTime } from './time';
import { GovernanceError, type PendingApproval } from './types';

/** Why a wait ended. `look_again`: granted, or the world changed; the caller decides anew. */
export type WaitOutcome = 'look_again' | 'refused' | 'expired';

interface DeskOptions {
  book: ApprovalBook;
  log: AuditLog;
  keys: KeyRegistry;
  /** Other devices, each for one request. */
  devices: Approvers;
  clock: Clock;
  random: Random;
  /** Called after requests came or went. */
  changed: () => void;
}

/** Makes the book's changes durable before anybody acts on them, and wakes those who wait. */
export class ApprovalDesk {
  readonly #options: DeskOptions;
  readonly #making = new Map<Sha256, Promise<string>>();
  readonly #waiters = new Map<string, Set<(outcome: WaitOutcome | Error) => void>>();
  #waiting = 0;
  #closed: Error | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The id of the request for this act: the one that stands, or a new one, durable. @throws GovernanceError `overloaded` */
  async request(act: Act, decision: Decision, policySha256: Sha256): Promise<string> {
    const { book } = this.#options;
    const { needed } = decision;
    const standingOne = book.find(act.actionDigest);
    if (standingOne && standingOne.needed >= needed) return standingOne.id;
    if (standingOne) await this.withdraw(act);
    const making = this.#making.get(act.actionDigest);
    if (making) return making;
    if (book.size + this.#making.size >= LIMITS.pendingApprovals) {
      throw new GovernanceError('overloaded', `${LIMITS.pendingApprovals} requests already wait for approval.`, {
        advice: 'Decide some of the requests that wait, then try again.',
      });
    }
    const made = this.#make(act, decision, policySha256).finally(() => this.#making.delete(act.actionDigest));
    this.#making.set(act.actionDigest, made);
    return made;
  }

  async #make(act: Act, { policies, needed }: Decision, policySha256: Sha256): Promise<string> {
    const { book, log, clock, random, changed } = this.#options;
    const { principal, action, resource, args, context, run } = act;
    const id = hex(random.bytes(16));
    const intent = { principal, action, resource, args, context, ...(run === undefined ? {} : { run }) };
    const expiresAt = isoTime(clock.now() + LIMITS.approvalTtlMs);
    const receipt = await log.append({
      type: 'APPROVAL_REQUESTED',
      data: {
        approval_id: id,
        action_digest: act.actionDigest,
        intent: { ...intent, principal: { ...principal }, resource: { ...resource } },
        policy_sha256: policySha256,
        policies,
        needed,
        expires_at: expiresAt,
      },
    });
    const { actionDigest } = act;
    book.request({ id, actionDigest, intent, policies, needed, given: [], requestedAt: receipt.ts, expiresAt });
    changed();
    return id;
  }

  /** Waits until somebody decides. Nothing else waits with it. @throws GovernanceError `cancelled`, `overloaded` */
  wait(id: string, signal: AbortSignal): Promise<WaitOutcome> {
    if (this.#closed) return Promise.reject(this.#closed);
    const pending = this.#options.book.get(id);
    if (!pending) return Promise.resolve('look_again');
    if (standing(pending) === 'granted' && !this.#options.book.isTaken(pending.actionDigest)) {
      return Promise.resolve('look_again');
    }
    if (this.#waiting >= LIMITS.approvalWaiters) {
      throw new GovernanceError('overloaded', `${LIMITS.approvalWaiters} calls already wait for approvals.`);
    }
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, waiters);
      this.#waiting++;
      const leave = (): void => {
        this.#waiting--;
        waiters.delete(wake);
        if (waiters.size === 0) this.#waiters.delete(id);
        signal.removeEventListener('abort', abort);
      };
      const wake = (outcome: WaitOutcome | Error): void => {
        leave();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const abort = (): void => (leave(), reject(cancelled()));
      waiters.add(wake);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
    });
  }

  /**
   * Takes in a signed approval from whoever carries it: this node's owner, or another approver's device.
   * @throws GovernanceError `approval_unknown`, `approval_invalid`, `approval_expired`
   */
  async submit(value: unknown, note?: Hidden): Promise<void> {
    const { book, log, keys, devices, clock, changed } = this.#options;
    const parsed = v.safeParse(ApprovalShape, value);
    if (!parsed.success) throw invalid('it is malformed');
    const approval = parsed.output;
    await this.sweep();
    const pending = book.get(approval.approval_id);
    if (!pending) throw unknownRequest();
    if (pending.actionDigest !== approval.action_digest) throw invalid('it approves another action');
    if (!(await verifyApproval(approval, keys, devices))) throw invalid('no registered approver signed it');
    if (devices.isKnown(approval) && !devices.isInTime(approval, clock.now())) throw invalid('its role has expired');
    if (book.get(approval.approval_id) !== pending) throw unknownRequest();
    await log.append({
      type: 'APPROVAL_DECIDED',
      data: { approval_id: pending.id, approval: { ...approval }, ...(note ? { note } : {}) },
    });
    const now = book.give(approval);
    if (now === 'refused') this.#wake(pending.id, 'refused');
    if (now === 'granted') this.#wake(pending.id, 'look_again');
    changed();
  }

  /** Ends what has expired. The node calls it now and then; every decision calls it first. */
  async sweep(): Promise<void> {
    const { book, clock } = this.#options;
    for (const pending of book.due(clock.now())) await this.#expire(pending, 'expired');
  }

  /** Ends a request that no longer needs an answer, because the policies have changed. */
  async withdraw(act: Act): Promise<void> {
    const { book } = this.#options;
    const pending = book.size === 0 ? undefined : book.find(act.actionDigest);
    if (pending && !book.isTaken(act.actionDigest)) await this.#expire(pending, 'look_again');
  }

  /** Closed in memory first: should the write fail, the request is gone until the next start, which is the safe side. */
  async #expire(pending: PendingApproval, outcome: WaitOutcome): Promise<void> {
    const { book, log, changed } = this.#options;
    book.close(pending.id);
    await log.append({ type: 'APPROVAL_EXPIRED', data: { approval_id: pending.id } });
    this.#wake(pending.id, outcome);
    changed();
  }

  /** Its grant is in a durable order. */
  consumed(id: string): void {
    this.#options.book.close(id);
    this.#wake(id, 'look_again');
    this.#options.changed();
  }

  giveBack(id: string): void {
    this.#options.book.giveBack(id);
    this.#wake(id, 'look_again');
  }

  /** Wakes everybody to decide anew, but those of requests that are just being decided. */
  policiesChanged(deciding: ReadonlySet<string>): void {
    for (const id of [...this.#waiters.keys()]) if (!deciding.has(id)) this.#wake(id, 'look_again');
  }

  /** Ends every wait with `reason`. The requests stand: they are in the log, and whoever asks again finds them. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const id of [...this.#waiters.keys()]) this.#wake(id, reason);
  }

  #wake(id: string, outcome: WaitOutcome | Error): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter(outcome);
  }
}

export const unknownRequest = (): GovernanceError =>
  new GovernanceError('approval_unknown', 'There is no such request: it was decided, used or has expired.', {
    advice: 'Look at the list of requests again.',
  });

export const invalid = (why: string): GovernanceError =>
  new GovernanceError('approval_invalid', `The approval does not hold: ${why}.`, {
    advice: 'Approve again from a registered device.',
  });
