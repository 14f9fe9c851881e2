import { LIMITS } from '../protocol/limits';
import { equalBytes } from '../crypto';
import type { RunEvents, Timers } from './thread';
import type { SkillHost } from './types';
import { owned, type Answer } from './wire';

interface Made {
  name: string;
  request: Uint8Array;
  answer: Promise<Answer>;
}

/**
 * The world of one run that may be tried more than once: a worker or a tab may be lost in the middle. What the world was
 * asked and answered is kept, so that a second try hears the same and nothing is done twice.
 */
export class World {
  readonly #host: SkillHost | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timers: Timers;
  readonly #made: Made[] = [];

  constructor(host: SkillHost | undefined, signal: AbortSignal | undefined, timers: Timers) {
    this.#host = host;
    this.#signal = signal;
    this.#timers = timers;
  }

  get attached(): boolean {
    return this.#host !== undefined;
  }

  /** For one try: its calls are the first of this run's as long as it asks the same. */
  attempt(): RunEvents['call'] {
    let next = 0;
    return (name, request) => {
      const at = next++;
      const before = this.#made[at];
      if (before?.name === name && equalBytes(before.request, request)) return before.answer;
      // A run is deterministic, so this is another run than before: what it did not ask is not its.
      this.#made.length = at;
      const answer = this.#ask(name, request);
      this.#made.push({ name, request, answer });
      return answer;
    };
  }

  async #ask(name: string, request: Uint8Array): Promise<Answer> {
    if (!this.#host) return { error: 'no world is attached' };
    const late = new AbortController();
    const signal = this.#signal ? AbortSignal.any([this.#signal, late.signal]) : late.signal;
    let stop: (() => void) | undefined;
    const timeout = new Promise<Answer>((resolve) => {
      stop = this.#timers.after(LIMITS.skillCallMs, () => {
        late.abort();
        resolve({ error: 'the world did not answer in time' });
      });
    });
    const answer = this.#host.call(name, request, signal).then(
      (response): Answer =>
        response.length > LIMITS.skillCallBytes
          ? { error: 'the world’s answer is too large' }
          : { response: owned(response) },
      (error: unknown): Answer => ({ error: (error instanceof Error ? error.message : String(error)).slice(0, 512) }),
    );
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      stop?.();
    }
  }
}
