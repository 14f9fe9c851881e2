/** Signs the log's heads in time: after LIMITS.checkpointEntries entries, after LIMITS.checkpointMs, and when asked. */
import { hex } from '../crypto';
import type { Signer } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { RecordStore } from '../storage';
import { CHECKPOINT_RECORD, OLD_CHECKPOINT_RECORD, makeCheckpoint } from './checkpoint';
import type { LogState } from './core';
import type { Checkpoint } from './types';

/** Runs `task` in `ms`, unless the function it returns is called first. */
export type Schedule = (task: () => void, ms: number) => () => void;

export const afterTimeout: Schedule = (task, ms) => {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
};

export class Checkpointer {
  readonly #origin: string;
  #signer: Signer;
  readonly #records: RecordStore;
  readonly #schedule: Schedule;
  #last: Checkpoint | undefined;
  #timeIsUp = false;
  #cancelTimer: (() => void) | undefined;
  /** Hears of each new head once it is stored. */
  readonly listeners = new Set<(checkpoint: Checkpoint) => void>();

  constructor(origin: string, signer: Signer, records: RecordStore, schedule: Schedule, last: Checkpoint | undefined) {
    this.#origin = origin;
    this.#signer = signer;
    this.#records = records;
    this.#schedule = schedule;
    this.#last = last;
  }

  get last(): Checkpoint | undefined {
    return this.#last;
  }

  get timeIsUp(): boolean {
    return this.#timeIsUp;
  }

  /** From now on another key signs: the entry that says so is stored. */
  handOver(signer: Signer): void {
    this.#signer = signer;
  }

  isDue(size: number): boolean {
    return this.#timeIsUp || this.#unsigned(size) >= LIMITS.checkpointEntries;
  }

  #unsigned(size: number): number {
    return size - (this.#last?.size ?? 0);
  }

  /** Entries stand without a checkpoint: calls `due` once the longest time for that is over. */
  startTimer(size: number, due: () => void): void {
    if (this.#unsigned(size) === 0 || this.#cancelTimer) return;
    this.#cancelTimer = this.#schedule(() => {
      this.#cancelTimer = undefined;
      this.#timeIsUp = true;
      due();
    }, LIMITS.checkpointMs);
  }

  stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timeIsUp = false;
  }

  /** Signs the head of `state` and stores it, the one before kept beside it. An unchanged log keeps its checkpoint. */
  async sign(state: LogState): Promise<Checkpoint> {
    this.stopTimer();
    if (this.#last?.size === state.size) return this.#last;
    const body = { origin: this.#origin, size: state.size, root: hex(state.tree.root()) };
    const checkpoint = await makeCheckpoint(body, this.#signer);
    const records = new Map([[CHECKPOINT_RECORD, checkpoint.note]]);
    if (this.#last) records.set(OLD_CHECKPOINT_RECORD, this.#last.note);
    await this.#records.commit(records);
    this.#last = checkpoint;
    for (const listener of this.listeners) queueMicrotask(() => listener(checkpoint));
    return checkpoint;
  }
}
