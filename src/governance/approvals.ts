import type { Sha256 } from '../crypto';
import type { Approval, PendingApproval } from './types';

/** Where a request for approval stands after an approval was given. */
export type Standing = 'pending' | 'granted' | 'refused';

interface Request {
  readonly pending: PendingApproval;
  /** Its grant is in an order that is being written; nobody else may use it. */
  taken: boolean;
}

/**
 * Requests for approval, open and granted, as the log tells them: pure and synchronous. There is at most one per action
 * digest, so that an intent that comes back after a restart finds the one it made.
 */
export class ApprovalBook {
  readonly #byId = new Map<string, Request>();
  readonly #byDigest = new Map<Sha256, Request>();

  get size(): number {
    return this.#byId.size;
  }

  /** Those that still wait for a person, oldest first. */
  list(): PendingApproval[] {
    const waiting = [...this.#byId.values()].map((r) => r.pending).filter((p) => standing(p) === 'pending');
    return waiting.map((p) => ({ ...p, given: [...p.given] }));
  }

  /** Every approval that could still become part of an order. */
  allGiven(): Approval[] {
    return [...this.#byId.values()].flatMap((r) => r.pending.given);
  }

  get(id: string): PendingApproval | undefined {
    return this.#byId.get(id)?.pending;
  }

  find(digest: Sha256): PendingApproval | undefined {
    return this.#byDigest.get(digest)?.pending;
  }

  request(pending: PendingApproval): void {
    const request = { pending, taken: false };
    this.#byId.set(pending.id, request);
    this.#byDigest.set(pending.actionDigest, request);
  }

  /** Counts a verified approval. A second one of the same approver changes nothing; a refusal ends the request. */
  give(approval: Approval): Standing | 'unknown' {
    const request = this.#byId.get(approval.approval_id);
    if (!request || request.pending.actionDigest !== approval.action_digest) return 'unknown';
    const { pending } = request;
    if (approval.verdict === 'no') {
      this.close(pending.id);
      return 'refused';
    }
    if (!pending.given.some((a) => a.approver === approval.approver)) pending.given.push(approval);
    return standing(pending);
  }

  /** Ends a request: refused, expired, or used by an order. */
  close(id: string): void {
    const request = this.#byId.get(id);
    if (!request) return;
    this.#byId.delete(id);
    if (this.#byDigest.get(request.pending.actionDigest) === request)
      this.#byDigest.delete(request.pending.actionDigest);
  }

  /** The grant for this action, reserved for one order: the caller closes it, or gives it back. */
  take(act: { readonly actionDigest: Sha256 }, needed: number): PendingApproval | undefined {
    // Mostly nothing waits, and then the digest need not be computed.
    const request = this.size === 0 ? undefined : this.#byDigest.get(act.actionDigest);
    if (!request || request.taken || standing(request.pending) !== 'granted') return undefined;
    if (request.pending.given.length < needed) return undefined;
    request.taken = true;
    return request.pending;
  }

  /** An approver's key is no longer in force: what it said and no order has used is unsaid. */
  unsay(approver: Sha256): void {
    for (const { pending } of this.#byId.values()) pending.given = pending.given.filter((a) => a.approver !== approver);
  }

  giveBack(id: string): void {
    const request = this.#byId.get(id);
    if (request) request.taken = false;
  }

  isTaken(digest: Sha256): boolean {
    return this.#byDigest.get(digest)?.taken ?? false;
  }

  /** @param now ms */
  due(now: number): PendingApproval[] {
    return [...this.#byId.values()]
      .filter((r) => !r.taken && now >= Date.parse(r.pending.expiresAt))
      .map((r) => r.pending);
  }
}

export const standing = (pending: PendingApproval): 'pending' | 'granted' =>
  pending.given.length >= pending.needed ? 'granted' : 'pending';
