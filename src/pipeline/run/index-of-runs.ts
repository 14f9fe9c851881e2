import type { AuditLog, Entry } from '../../audit';
import { PipelineError } from '../types';
import { Runs, type RunRecord } from './fold';

/** The fold of a live log: {@link Runs}, kept up to date, with a way to wait for a position. */
export class RunIndex {
  readonly runs = new Runs();
  /** Position of the next entry to take in. */
  #next = 0;
  #unsubscribe: (() => void) | undefined;
  readonly #waiting: { seq: number; resolve: () => void }[] = [];

  constructor(
    private readonly log: AuditLog,
    private readonly changed: (run: string) => void,
  ) {}

  async open(): Promise<void> {
    while (this.#next < this.log.size) {
      for await (const entry of this.log.entries(this.#next, this.log.size)) this.#apply(entry);
    }
    this.#unsubscribe = this.log.onAppend((entries) => this.#take(entries));
  }

  close(): void {
    this.#unsubscribe?.();
  }

  /** @throws PipelineError `run_unknown` */
  get(run: string): RunRecord {
    const record = this.runs.records.get(run);
    if (record) return record;
    throw new PipelineError('run_unknown', 'There is no such run.', { advice: 'Look at the list of runs.' });
  }

  /** Resolves once the entry at `seq` has been taken in. */
  reached(seq: number): Promise<void> {
    if (seq < this.#next) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  #take(entries: readonly Entry[]): void {
    const touched = new Set<string>();
    for (const entry of entries) {
      const run = this.#apply(entry);
      if (run) touched.add(run.status.id);
    }
    for (const run of touched) this.changed(run);
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.seq < this.#next) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  #apply(entry: Entry): RunRecord | undefined {
    this.#next = entry.seq + 1;
    return this.runs.apply(entry);
  }
}
