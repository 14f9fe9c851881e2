import type { Job } from './run';
import type { SkillOutcome } from './types';
import type { Answer } from './wire';

/** What a run tells and asks while it goes on. */
export interface RunEvents {
  onProgress: (permille: number, note: string) => void;
  /** A call of the world, one at a time. Never rejects. */
  call: (name: string, request: Uint8Array<ArrayBuffer>) => Promise<Answer>;
}

/** One worker, good for one run. Adapters: a browser's dedicated worker, Node's worker thread. */
export interface Thread {
  /** Called at most once. Rejects when the worker is lost. */
  run(job: Job, events: RunEvents): Promise<SkillOutcome>;
  /** Stops it, even in the middle of a run. Resolves once it is provably gone, which may be never. */
  end(): Promise<void>;
}

/** Monotonic time and one-shot timers, handed in so that tests own them. */
export interface Timers {
  now(): number;
  /** Calls `then` after `ms`, unless the returned function is called before. */
  after(ms: number, then: () => void): () => void;
}

export const realTimers: Timers = {
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
