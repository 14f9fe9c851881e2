/**
 * Acknowledged sends between members: what was accepted for sending is kept until the other side has it durably, over
 * restarts of both. In order for each pair of members; at least once, and more than once only when the receiver died
 * between keeping a message and noting that it did.
 */
import { hex, jcsBytes } from '../../crypto';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock, Random } from '../../protocol/runtime';
import type { RecordStore } from '../../storage';
import { MeshError } from '../errors';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import { Outbox } from './outbox';
import { forgetReceived, receive, type Keep } from './receiver';
import { Sender, type Settled } from './sender';

export interface DeliveryOptions {
  mesh: Mesh;
  records: RecordStore;
  clock: Clock;
  random: Random;
  schedule: Schedule;
  isMember: (peer: string) => boolean;
  keep: Keep;
  /** Hears what became of every message; after a restart too. */
  onSettled?: (message: Sent, outcome: Settled) => void;
}

export interface Sent {
  id: string;
  to: string;
  kind: string;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #senders = new Map<string, Sender>();
  readonly #stops: (() => void)[];
  /** Members that could be reached when it was last looked. */
  #reached = new Set<string>();

  private constructor(options: DeliveryOptions, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
    this.#stops = [receive(options), options.mesh.onChange(() => this.#look())];
    for (const peer of outbox.peers()) if (options.isMember(peer)) this.#sender(peer).wake(true);
  }

  /** Serves the protocol, and goes on with what an earlier life left. @throws StorageError */
  static async open(options: DeliveryOptions): Promise<Delivery> {
    const outbox = await Outbox.open(options.records, options.random);
    const delivery = new Delivery(options, outbox);
    // What waited for somebody who was removed is not for whoever is let in again.
    for (const peer of outbox.peers()) if (!options.isMember(peer)) await delivery.forget(peer);
    return delivery;
  }

  /**
   * Resolves with the message's id when it is durable here; delivery follows. `ttlMs`: when it is given up.
   * @throws MeshError `frame_too_long`, `not_a_member`, `overloaded`; StorageError.
   */
  async send(to: string, kind: string, body: Json, ttlMs: number = MESH_LIMITS.deliverTtlMs): Promise<string> {
    const { isMember, clock, random } = this.#options;
    if (!isMember(to)) throw new MeshError('not_a_member', 'it is no member of this mesh');
    if (jcsBytes(body).length > MESH_LIMITS.deliverBytes) {
      throw new MeshError('frame_too_long', `a message has at most ${MESH_LIMITS.deliverBytes} bytes`);
    }
    const id = hex(random.bytes(16));
    await this.#outbox.add(to, { id, kind, body, until: clock.now() + ttlMs });
    this.#sender(to).wake(false);
    return id;
  }

  /** What was not delivered yet, oldest first for each member. */
  waiting(): Sent[] {
    return this.#outbox.peers().flatMap((to) => this.#outbox.letters(to).map(({ id, kind }) => ({ id, to, kind })));
  }

  /** Gives up what waits for a member that left, and forgets what came from it. */
  async forget(peer: string): Promise<void> {
    await this.#senders.get(peer)?.stop();
    this.#senders.delete(peer);
    await this.#outbox.forget(peer);
    await forgetReceived(this.#options.records, peer);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all([...this.#senders.values()].map((sender) => sender.stop()));
  }

  #sender(peer: string): Sender {
    let sender = this.#senders.get(peer);
    if (!sender) {
      const { mesh, schedule, clock, random, onSettled } = this.#options;
      const settled = (to: string, { id, kind }: { id: string; kind: string }, outcome: Settled): void =>
        onSettled?.({ id, to, kind }, outcome);
      sender = new Sender({ mesh, schedule, clock, random, outbox: this.#outbox, settled }, peer);
      this.#senders.set(peer, sender);
    }
    return sender;
  }

  /** Who comes back gets what waits for it at once. */
  #look(): void {
    const now = this.#options.mesh.peers().filter(({ link }) => link !== 'none');
    const reached = new Set(now.map(({ peer }) => peer));
    for (const peer of reached) {
      if (!this.#reached.has(peer) && this.#outbox.letters(peer).length > 0) this.#sender(peer).wake(true);
    }
    this.#reached = reached;
  }
}
