import type { Timers } from './thread';

/** A bound on time spent, which stands still while the run waits for the world. */
export class Deadline {
  readonly #timers: Timers;
  readonly #then: () => void;
  #left: number;
  #since = 0;
  #stop: (() => void) | undefined;

  constructor(timers: Timers, ms: number, then: () => void) {
    this.#timers = timers;
    this.#then = then;
    this.#left = ms;
    this.resume();
  }

  pause(): void {
    if (!this.#stop) return;
    this.#stop();
    this.#stop = undefined;
    this.#left -= this.#timers.now() - this.#since;
  }

  resume(): void {
    if (this.#stop) return;
    this.#since = this.#timers.now();
    this.#stop = this.#timers.after(Math.max(0, this.#left), this.#then);
  }
}
