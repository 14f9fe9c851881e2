/** What waits to be delivered, durably: one numbered row for each member, first in first out. */
import * as v from 'valibot';
import { hex } from '../../crypto';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Random } from '../../protocol/runtime';
import type { RecordStore } from '../../storage';
import { MeshError } from '../errors';
import { inTurn } from '../../protocol/in-turn';
import { Row, Waiting } from './wire';

const PREFIX = 'mesh/outbox/';
const DIGITS = 16;

export interface Letter extends v.InferOutput<typeof Waiting> {
  number: number;
}

interface Queue {
  row: string;
  next: number;
  /** No letter of a higher number has gone out. Durable before it is true, so that an older storage knows less. */
  sent: number;
  letters: Letter[];
}

export class Outbox {
  readonly #records: RecordStore;
  readonly #random: Random;
  readonly #queues: Map<string, Queue>;
  readonly #write = inTurn();

  private constructor(records: RecordStore, random: Random, queues: Map<string, Queue>) {
    this.#records = records;
    this.#random = random;
    this.#queues = queues;
  }

  /** @throws StorageError; ValiError for a record that this class did not write. */
  static async open(records: RecordStore, random: Random): Promise<Outbox> {
    const queues = new Map<string, Queue>();
    for (const key of await records.keys(PREFIX)) {
      const [peer, number] = key.slice(PREFIX.length).split('/') as [string, string?];
      const stored = await records.get(key);
      // A row's own key sorts before those of its letters.
      if (number === undefined) {
        const { row, next, sent = next - 1 } = v.parse(Row, stored);
        queues.set(peer, { row, next, sent, letters: [] });
      } else queues.get(peer)?.letters.push({ ...v.parse(Waiting, stored), number: Number(number) });
    }
    return new Outbox(records, random, queues);
  }

  peers(): string[] {
    return [...this.#queues].filter(([, { letters }]) => letters.length > 0).map(([peer]) => peer);
  }

  letters(peer: string): readonly Letter[] {
    return this.#queues.get(peer)?.letters ?? [];
  }

  rowOf(peer: string): { row: string; sent: number } {
    return this.#queue(peer);
  }

  /** Resolves when it is durable. @throws MeshError `overloaded`; StorageError. */
  add(peer: string, letter: Omit<Letter, 'number'>): Promise<Letter> {
    return this.#write(async () => {
      const queue = this.#queue(peer);
      const all = [...this.#queues.values()].reduce((sum, { letters }) => sum + letters.length, 0);
      if (queue.letters.length >= MESH_LIMITS.outboxEach || all >= MESH_LIMITS.outbox) {
        throw new MeshError('overloaded', 'too much waits to be delivered already', {
          advice: 'Wait until the member is there again, or remove it.',
        });
      }
      const number = queue.next;
      await this.#records.commit(
        new Map<string, Json>([
          [PREFIX + peer, { row: queue.row, next: number + 1, sent: queue.sent }],
          [keyOf(peer, number), { ...letter }],
        ]),
      );
      const added = { ...letter, number };
      queue.next = number + 1;
      queue.letters.push(added);
      return added;
    });
  }

  /** All that waits now may go out. */
  goesOut(peer: string): Promise<void> {
    return this.#write(async () => {
      const queue = this.#queue(peer);
      const { row, next } = queue;
      await this.#records.commit(new Map([[PREFIX + peer, { row, next, sent: next - 1 }]]));
      queue.sent = next - 1;
    });
  }

  /** Takes a letter out, durably. False when it was not there any more. */
  remove(peer: string, number: number): Promise<boolean> {
    return this.#write(async () => {
      const letters = this.#queues.get(peer)?.letters ?? [];
      if (!letters.some((letter) => letter.number === number)) return false;
      await this.#records.commit(new Map([[keyOf(peer, number), undefined]]));
      letters.splice(
        letters.findIndex((letter) => letter.number === number),
        1,
      );
      return true;
    });
  }

  /** Begins a new row with what waits: the member knows numbers of the old one that this store does not. */
  renew(peer: string): Promise<void> {
    return this.#write(async () => {
      const old = this.#queue(peer);
      const letters = old.letters.map((letter, i) => ({ ...letter, number: i + 1 }));
      const fresh = { row: this.#id(), next: letters.length + 1, sent: 0, letters };
      const changes = new Map<string, Json | undefined>();
      for (const { number } of old.letters) changes.set(keyOf(peer, number), undefined);
      for (const { number, ...letter } of letters) changes.set(keyOf(peer, number), letter);
      await this.#records.commit(changes.set(PREFIX + peer, { row: fresh.row, next: fresh.next, sent: 0 }));
      this.#queues.set(peer, fresh);
    });
  }

  /** Everything for a member that left. */
  forget(peer: string): Promise<void> {
    return this.#write(async () => {
      const changes = new Map<string, undefined>([[PREFIX + peer, undefined]]);
      for (const { number } of this.letters(peer)) changes.set(keyOf(peer, number), undefined);
      await this.#records.commit(changes);
      this.#queues.delete(peer);
    });
  }

  #queue(peer: string): Queue {
    let queue = this.#queues.get(peer);
    if (!queue) this.#queues.set(peer, (queue = { row: this.#id(), next: 1, sent: 0, letters: [] }));
    return queue;
  }

  #id(): string {
    return hex(this.#random.bytes(16));
  }
}

const keyOf = (peer: string, number: number): string => `${PREFIX}${peer}/${String(number).padStart(DIGITS, '0')}`;
