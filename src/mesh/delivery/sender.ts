/** Delivers what waits for one member: in order, again after failures, with growing pauses. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock, Random } from '../../protocol/runtime';
import { MeshError } from '../errors';
import { FramedStream } from '../framed';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import type { Letter, Outbox } from './outbox';
import { DELIVER, Known, Outcome, WORD_BYTES } from './wire';

export interface SenderDeps {
  mesh: Mesh;
  outbox: Outbox;
  schedule: Schedule;
  clock: Clock;
  random: Random;
  /** What became of a letter that is no longer in the outbox. */
  settled: (peer: string, letter: Letter, outcome: Settled) => void;
}

export type Settled = { kind: 'delivered' } | { kind: 'refused'; why: string } | { kind: 'expired' };

export class Sender {
  readonly #deps: SenderDeps;
  readonly #peer: string;
  #underWay: Promise<void> | undefined;
  #stream: FramedStream | undefined;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  /** The row is a new one of which nothing was kept yet: who knows numbers of it lies. */
  #isFresh = false;
  #stopped = false;

  constructor(deps: SenderDeps, peer: string) {
    this.#deps = deps;
    this.#peer = peer;
  }

  /** Something waits, or the member may be there again: `now` cuts a pause short. */
  wake(now: boolean): void {
    if (this.#stopped || this.#underWay || (this.#cancelTimer && !now)) return;
    this.#cancel();
    this.#underWay = this.#run().finally(() => {
      this.#underWay = undefined;
      // What was added in the very last moment found a run that was over.
      if (!this.#cancelTimer && this.#deps.outbox.letters(this.#peer).length > 0) this.wake(false);
    });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#stream?.stream.reset();
    await this.#underWay;
  }

  async #run(): Promise<void> {
    try {
      await this.#expire();
      if (this.#deps.outbox.letters(this.#peer).length > 0) await this.#deliver();
      this.#failures = 0;
    } catch {
      // Whatever it was, the letters are still there: a member that is away, a full disk here or there.
      if (!this.#stopped) this.#cancelTimer = this.#deps.schedule(() => this.wake(true), this.#pause());
    }
  }

  /** Doubling, and up to a quarter more, so that members that lost one relay together do not come back together. */
  #pause(): number {
    const { deliverRetryMs, deliverRetryMaxMs } = MESH_LIMITS;
    const pause = Math.min(deliverRetryMs * 2 ** this.#failures++, deliverRetryMaxMs);
    return Math.round(pause * (1 + this.#deps.random.bytes(1)[0]! / 1024));
  }

  async #deliver(): Promise<void> {
    const { mesh, outbox, schedule } = this.#deps;
    const stream = await mesh.open(this.#peer, DELIVER);
    const framed = new FramedStream(stream, { schedule, ms: MESH_LIMITS.deliverMs });
    this.#stream = framed;
    try {
      if (this.#stopped) throw new MeshError('stream_reset', 'delivery was stopped');
      const { row, sent } = outbox.rowOf(this.#peer);
      await framed.sendJson({ v: 1, row });
      const { last } = await framed.needJson(Known, WORD_BYTES);
      // It knows more of this row than ever went out: our storage is an older one that was put back, and its numbers are
      // of other letters. `next` would not tell: what was added since has numbers too.
      if (last > sent) await this.#renew();
      else await this.#sendAll(framed, last);
      await stream.close();
    } catch (error) {
      stream.reset();
      throw error;
    } finally {
      this.#stream = undefined;
    }
  }

  async #renew(): Promise<void> {
    if (this.#isFresh) throw new MeshError('frame_malformed', 'the member knows numbers that were never sent');
    this.#isFresh = true;
    await this.#deps.outbox.renew(this.#peer);
  }

  async #sendAll(framed: FramedStream, last: number): Promise<void> {
    const waiting = (): readonly Letter[] => this.#deps.outbox.letters(this.#peer);
    for (const letter of waiting().filter(({ number }) => number <= last))
      await this.#settle(letter, { kind: 'delivered' });
    const sent: Letter[] = [];
    let highest = last;
    for (;;) {
      const next = waiting().find(({ number }) => number > highest);
      if (next && sent.length < MESH_LIMITS.deliverAhead) {
        const { number, id, kind, body } = next;
        if (number > this.#deps.outbox.rowOf(this.#peer).sent) await this.#deps.outbox.goesOut(this.#peer);
        await framed.sendJson({ number, id, kind, body });
        sent.push(next);
        highest = number;
        continue;
      }
      const letter = sent.shift();
      if (!letter) return;
      const answer = await framed.needJson(Outcome, WORD_BYTES);
      if (answer.number !== letter.number) throw new MeshError('frame_malformed', 'an answer to another message');
      if (answer.outcome === 'later') throw new MeshError('overloaded', 'the member cannot keep it now');
      this.#isFresh = false;
      await this.#settle(
        letter,
        answer.outcome === 'kept' ? { kind: 'delivered' } : { kind: 'refused', why: answer.why },
      );
    }
  }

  async #expire(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const letter of this.#deps.outbox.letters(this.#peer).filter(({ until }) => until <= now)) {
      await this.#settle(letter, { kind: 'expired' });
    }
  }

  async #settle(letter: Letter, outcome: Settled): Promise<void> {
    if (await this.#deps.outbox.remove(this.#peer, letter.number)) this.#deps.settled(this.#peer, letter, outcome);
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
