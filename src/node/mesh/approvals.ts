/**
 * Approvals across devices: what waits for a person here is asked of the members that may control this node, durably;
 * what one of them decides comes back signed with its own key, and goes through the policies like any asking of it.
 */
import * as v from 'valibot';
import type { Signer } from '../../crypto';
import {
  GovernanceError,
  signApproval,
  type Approval,
  type GovernanceCode,
  type PendingApproval,
} from '../../governance';
import { MeshError, publicKeyOfPeer } from '../../mesh';
import type { Delivered, Delivery, Sent, Settled } from '../../mesh/delivery';
import type { SovereignError } from '../../protocol/errors';
import { inTurn } from '../../protocol/in-turn';
import { LIMITS } from '../../protocol/limits';
import type { MemberApproval } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock } from '../../protocol/runtime';
import type { RecordStore } from '../../storage';
import { NodeError } from '../errors';
import { AskedBook, isTrue, KINDS } from './asked';

const TOLD = 'mesh/told';
const Told = v.record(v.string(), v.array(v.string()));

interface ApprovalParts {
  records: RecordStore;
  clock: Clock;
  /** This device's own key, which its peer id is. */
  signer: () => Signer;
  /** What waits here. */
  pending: () => readonly PendingApproval[];
  /** Members that may decide here. */
  deciders: () => readonly string[];
  nameOf: (peer: string) => string | undefined;
  /** Takes in what a device decided. @throws SovereignError for a refusal */
  accept: (peer: string, key: Uint8Array, approval: Approval) => Promise<void>;
  changed: () => void;
}

export class MemberApprovals {
  readonly #parts: ApprovalParts;
  readonly #asked: AskedBook;
  /** By request: whom we asked. */
  readonly #told: Map<string, string[]>;
  readonly #turn = inTurn();
  #delivery: Delivery | undefined;

  private constructor(parts: ApprovalParts, asked: AskedBook, told: Map<string, string[]>) {
    this.#parts = parts;
    this.#asked = asked;
    this.#told = told;
  }

  static async open(parts: ApprovalParts): Promise<MemberApprovals> {
    const told = v.safeParse(Told, await parts.records.get(TOLD));
    const isMember = (peer: string): boolean => parts.nameOf(peer) !== undefined;
    const lines = Object.entries(told.success ? told.output : {});
    const asked = await AskedBook.open(parts.records);
    // Who was removed and is let in again is asked anew, and has asked nothing.
    for (const { peer, request } of asked.list()) if (!isMember(peer)) await asked.remove(peer, [request.id]);
    return new MemberApprovals(parts, asked, new Map(lines.map(([id, peers]) => [id, peers.filter(isMember)])));
  }

  /** From now on it can be sent. */
  start(delivery: Delivery): void {
    this.#delivery = delivery;
    void this.look().catch(() => undefined);
  }

  /** What others ask of this device, oldest first. */
  list(): MemberApproval[] {
    const now = this.#parts.clock.now();
    return this.#asked.list().flatMap(({ peer, request, message }) => {
      const name = this.#parts.nameOf(peer);
      return name === undefined || Date.parse(request.expiresAt) <= now
        ? []
        : [{ peer, name, request, state: message === null ? 'open' : 'sent' }];
    });
  }

  /** Signs it with this device's key; it is durable when this resolves. @throws NodeError `not_found` */
  decide(peer: string, id: string, verdict: 'yes' | 'no'): Promise<void> {
    return this.#turn(async () => {
      const { clock, signer, changed } = this.#parts;
      const asked = this.#asked.get(peer, id);
      if (!asked || asked.message !== null || !this.#delivery) {
        throw new NodeError('not_found', 'This request does not wait for an answer any more.', {
          advice: 'Look at the list of requests again.',
        });
      }
      const approval = await signApproval(signer(), id, asked.request.actionDigest, verdict, clock.now());
      const left = Math.max(1, Date.parse(asked.request.expiresAt) - clock.now());
      const message = await this.#delivery.send(peer, 'decision', { v: 1, approval: { ...approval } }, left);
      await this.#asked.put({ ...asked, message });
      changed();
    });
  }

  /** Tells those who may decide what is new, and what is over. */
  look(): Promise<void> {
    return this.#turn(async () => {
      const delivery = this.#delivery;
      if (!delivery) return;
      const deciders = this.#parts.deciders();
      const pending = this.#parts.pending();
      let isNew = await this.#tellOver(delivery);
      for (const request of pending) {
        const told = this.#told.get(request.id) ?? [];
        for (const peer of deciders) {
          if (told.includes(peer) || !(await sent(delivery, peer, 'approval', { request }))) continue;
          this.#told.set(request.id, told);
          isNew = told.push(peer) > 0;
        }
      }
      if (isNew) await this.#parts.records.commit(new Map([[TOLD, Object.fromEntries(this.#told)]]));
    });
  }

  /** Keeps what a member delivers. */
  async keep({ from, kind, body }: Delivered): Promise<void | { refused: string }> {
    const shape = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
    const parsed = shape && v.safeParse(shape, body);
    if (!parsed?.success) return { refused: 'this is nothing that this node knows' };
    const said = parsed.output;
    if ('approval' in said) return this.#decided(from, said.approval);
    if ('request' in said) return this.#turn(() => this.#ask(from, said.request));
    await this.#turn(() => this.#asked.remove(from, [said.id]));
    this.#parts.changed();
  }

  /** What became of something we sent: a decision that was refused, or came too late, waits no more. */
  settled({ id, to, kind }: Sent, outcome: Settled): void {
    // Where there was no room for it, there may be now.
    if (this.#over().length > 0) void this.look().catch(() => undefined);
    if (kind !== 'decision' || outcome.kind === 'delivered') return;
    void this.#turn(async () => {
      const gone = this.#asked.of(to).find(({ message }) => message === id);
      if (gone) await this.#asked.remove(to, [gone.request.id]);
      this.#parts.changed();
    }).catch(() => undefined);
  }

  /** Requests that others were told of, and that wait no more. */
  #over(): string[] {
    const pending = new Set(this.#parts.pending().map(({ id }) => id));
    return [...this.#told.keys()].filter((id) => !pending.has(id));
  }

  /** Also to who may decide no more: it still shows them. Before what is new, so that it need not wait for room. */
  async #tellOver(delivery: Delivery): Promise<boolean> {
    let isNew = false;
    for (const id of this.#over()) {
      const owed: string[] = [];
      const peers = this.#told.get(id)!;
      for (const peer of peers) {
        const isHere = this.#parts.nameOf(peer) !== undefined;
        if (isHere && !(await sent(delivery, peer, 'approval_over', { id }))) owed.push(peer);
      }
      if (owed.length > 0) this.#told.set(id, owed);
      else this.#told.delete(id);
      isNew ||= owed.length < peers.length || peers.length === 0;
    }
    return isNew;
  }

  async #decided(from: string, approval: Approval): Promise<void | { refused: string }> {
    try {
      await this.#parts.accept(from, publicKeyOfPeer(from)!, approval);
    } catch (error) {
      if (!isFinal(error)) throw error;
      return { refused: error.message };
    }
  }

  async #ask(peer: string, request: PendingApproval): Promise<void | { refused: string }> {
    const { clock, changed } = this.#parts;
    if (!isTrue(request)) return { refused: 'what is to be signed is not what is shown' };
    if (this.#asked.get(peer, request.id)) return;
    const past = this.#asked.of(peer).filter((one) => Date.parse(one.request.expiresAt) <= clock.now());
    await this.#asked.remove(
      peer,
      past.map((one) => one.request.id),
    );
    if (this.#asked.of(peer).length >= LIMITS.pendingApprovals) return { refused: 'too many requests wait here' };
    await this.#asked.put({ peer, request, message: null });
    changed();
  }
}

/** @returns whether it was taken: not what is too long, which is decided at the node itself, nor to who is gone */
async function sent(delivery: Delivery, peer: string, kind: string, body: object): Promise<boolean> {
  try {
    await delivery.send(peer, kind, { v: 1, ...body }, MESH_LIMITS.deliverTtlMs);
    return true;
  } catch (error) {
    if (error instanceof MeshError) return false;
    throw error;
  }
}

const FINAL: ReadonlySet<GovernanceCode> = new Set([
  'denied',
  'role_invalid',
  'bad_arguments',
  'approval_unknown',
  'approval_invalid',
  'approval_expired',
]);

/** An answer that stays the same however often it is asked; a node that is not ready is another matter. */
const isFinal = (error: unknown): error is SovereignError =>
  (error instanceof GovernanceError && FINAL.has(error.code)) ||
  (error instanceof NodeError && error.code === 'refused');
