import type { Schedule } from './supervisor';

/** Says something at most once in `ms`: the first word at once, and of those that come meanwhile the last. */
export class Paced<T> {
  readonly #schedule: Schedule;
  readonly #ms: number;
  readonly #say: (word: T) => void;
  #waiting: { word: T } | undefined;
  #cancel: (() => void) | undefined;
  #over = false;

  constructor(schedule: Schedule, ms: number, say: (word: T) => void) {
    this.#schedule = schedule;
    this.#ms = ms;
    this.#say = say;
  }

  say(word: T): void {
    if (this.#over) return;
    if (this.#cancel) {
      this.#waiting = { word };
      return;
    }
    this.#cancel = this.#schedule(() => this.#next(), this.#ms);
    this.#say(word);
  }

  /** Nothing is said any more. */
  end(): void {
    this.#over = true;
    this.#cancel?.();
  }

  #next(): void {
    const waiting = this.#waiting;
    this.#cancel = undefined;
    this.#waiting = undefined;
    if (waiting) this.say(waiting.word);
  }
}
