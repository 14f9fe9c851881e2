/** Timers that a test sets off by hand. */
export class TestTime {
  now = 1_800_000_000_000;
  readonly #timers = new Set<{ at: number; task: () => void }>();

  readonly clock = { now: () => this.now };
  readonly schedule = (task: () => void, ms: number): (() => void) => {
    const timer = { at: this.now + ms, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  get waiting(): number {
    return this.#timers.size;
  }

  /** Time passes; what is due happens in order, and what follows from it meanwhile. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.now = Math.max(this.now, due.at);
      due.task();
    }
    this.now = end;
  }

  /** Time passes, a little at a time, until this is settled: for work that other threads do part of. */
  async until<T>(work: Promise<T>, stepMs = 10): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    while (!isOver) await this.pass(stepMs);
    return work;
  }
}

/** Everything that waits for nothing but other tasks has been done. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
