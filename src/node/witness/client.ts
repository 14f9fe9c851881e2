/** One witness as the node asks it: one request at a time, the newest checkpoint wins, failures back off. */
import type { Checkpoint } from '../../audit';
import { LIMITS } from '../../protocol/limits';
import type { Schedule } from '../supervisor';

export interface ClientDeps {
  schedule: Schedule;
  /** Asks for this checkpoint and keeps what comes back. False: to be tried again later. Never rejects. */
  ask: (checkpoint: Checkpoint, signal: AbortSignal) => Promise<boolean>;
}

export class WitnessClient {
  readonly #deps: ClientDeps;
  #newest: Checkpoint | undefined;
  #asked: Checkpoint | undefined;
  #underWay: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  #stopped = new AbortController();

  constructor(deps: ClientDeps) {
    this.#deps = deps;
  }

  /** A new checkpoint: asked for now, or when the pause after the last request is over, unless a newer one comes. */
  offer(checkpoint: Checkpoint): void {
    this.#newest = checkpoint;
    if (!this.#underWay && !this.#cancelTimer) void this.#next();
  }

  /** Asks for exactly this checkpoint, after what is under way and without the pause. */
  async askNow(checkpoint: Checkpoint): Promise<void> {
    while (this.#underWay) await this.#underWay;
    this.#cancel();
    await this.#ask(checkpoint);
  }

  stop(): void {
    this.#cancel();
    this.#stopped.abort();
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #next(): Promise<void> {
    return this.#newest && this.#newest !== this.#asked ? this.#ask(this.#newest) : Promise.resolve();
  }

  #ask(checkpoint: Checkpoint): Promise<void> {
    if (this.#stopped.signal.aborted) return Promise.resolve();
    this.#underWay = this.#exchange(checkpoint).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #exchange(checkpoint: Checkpoint): Promise<void> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(LIMITS.witnessAnswerMs)]);
    const done = await this.#deps.ask(checkpoint, signal);
    if (done) {
      this.#asked = checkpoint;
      this.#failures = 0;
    } else {
      this.#failures++;
      this.#newest ??= checkpoint;
    }
    if (this.#stopped.signal.aborted) return;
    const backOff = LIMITS.witnessRetryMs * 2 ** (this.#failures - 1);
    const pause = done ? LIMITS.witnessPauseMs : Math.min(backOff, LIMITS.witnessRetryMaxMs);
    this.#cancel();
    this.#cancelTimer = this.#deps.schedule(() => {
      this.#cancelTimer = undefined;
      void this.#next();
    }, pause);
  }
}
