import { LIMITS } from '../protocol/limits';
import { Deadline } from './deadline';
import { FairQueue } from './queue';
import type { Job } from './run';
import { realTimers, type RunEvents, type Thread, type Timers } from './thread';
import { SkillError, type SkillOutcome } from './types';

/** Workers are ended and started once a run's outcome has arrived: both take longer than a short run, and would slow it. */
export const TIDY_MS = 5;

export interface PoolOptions {
  spawn(): Thread;
  /** Runs at once. */
  workers: number;
  /** Idle workers kept ready, once there was a first run: started when a run has ended, or while others wait for theirs. */
  spares?: number;
  timers?: Timers;
}

export interface Work {
  job: Job;
  wallMs: number;
  signal?: AbortSignal | undefined;
  /** Whose turn it is. */
  principal?: string | undefined;
  /** What each try of the job tells and asks. */
  events: () => RunEvents;
}

interface Task extends Work {
  principal: string;
  /** Runs left in case a worker is lost by no doing of ours. */
  tries: number;
  settle(result: SkillOutcome | SkillError): void;
  /** Ends the run under way, if there is one. */
  stop?: () => void;
}

/**
 * Runs jobs in workers, each in one of its own, so that nothing of a run outlives it. A run that does not end in time, or
 * that lets the world keep its worker for longer than `LIMITS.skillWorldMs` in all, is ended with its worker. A worker
 * ended in the middle may spin on (Chromium: for seconds), so it counts as a zombie until it is gone, and at
 * `LIMITS.skillZombies` no new run starts. Runs wait in a bounded queue, fair between principals.
 */
export class SkillPool {
  readonly #options: Required<PoolOptions>;
  readonly #waiting = new FairQueue<Task>();
  readonly #running = new Set<Task>();
  readonly #spares: Thread[] = [];
  #zombies = 0;
  #disposed = false;

  constructor(options: PoolOptions) {
    this.#options = { spares: LIMITS.skillSpares, timers: realTimers, ...options };
  }

  get timers(): Timers {
    return this.#options.timers;
  }

  get stats(): { waiting: number; running: number; zombies: number; spares: number } {
    return {
      waiting: this.#waiting.size,
      running: this.#running.size,
      zombies: this.#zombies,
      spares: this.#spares.length,
    };
  }

  /** @throws SkillError `overloaded` when the queue is full, `cancelled` by the signal or {@link dispose}. */
  run(work: Work): Promise<SkillOutcome> {
    const { signal, principal = '' } = work;
    if (this.#disposed || signal?.aborted) return Promise.reject(cancelled());
    const full = this.#waiting.size >= LIMITS.skillQueue || this.#waiting.waiting(principal) >= LIMITS.skillQueueEach;
    if (full) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const abort = () => this.#cancel(task);
      const task: Task = {
        ...work,
        principal,
        tries: 2,
        settle: (result) => {
          signal?.removeEventListener('abort', abort);
          if (result instanceof SkillError) reject(result);
          else resolve(result);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(principal, task);
      this.#next();
    });
  }

  /** Cancels all runs and ends all workers. */
  dispose(): void {
    this.#disposed = true;
    for (const task of [...this.#waiting, ...this.#running]) this.#cancel(task);
    for (const spare of this.#spares.splice(0)) void spare.end();
  }

  #cancel(task: Task): void {
    this.#waiting.remove(task.principal, task);
    task.stop?.();
    task.settle(cancelled());
    this.#next();
  }

  #next(): void {
    while (this.#running.size < this.#options.workers && this.#zombies < LIMITS.skillZombies) {
      const task = this.#waiting.shift();
      if (!task) break;
      this.#start(task);
    }
    if (this.#waiting.size > 0) this.#fill();
  }

  #fill(): void {
    while (!this.#disposed && this.#spares.length < this.#options.spares) this.#spares.push(this.#spawn());
  }

  #start(task: Task): void {
    const { timers } = this.#options;
    const thread = this.#spares.shift() ?? this.#spawn();
    const began = timers.now();
    task.tries -= 1;
    this.#running.add(task);
    let over = false;
    const leave = (spinning: boolean) => {
      over = true;
      deadline.pause();
      waited.pause();
      delete task.stop;
      this.#running.delete(task);
      if (spinning) this.#bury(thread);
      timers.after(TIDY_MS, () => {
        if (!spinning) void thread.end();
        this.#fill();
      });
    };
    const finish = (outcome: SkillOutcome, spinning: boolean) => {
      if (over) return;
      leave(spinning);
      const lost = outcome.kind === 'host_fault' && outcome.reason === 'worker_lost';
      if (lost && task.tries > 0) this.#waiting.putBack(task.principal, task);
      else task.settle(outcome);
      this.#next();
    };
    const fault = (reason: 'timeout' | 'worker_lost', message: string): SkillOutcome => {
      return { kind: 'host_fault', reason, message, ms: timers.now() - began };
    };
    const ended = (ms: number, what: string) => {
      return new Deadline(timers, ms, () => finish(fault('timeout', `it ${what} for longer than ${ms} ms`), true));
    };
    const deadline = ended(task.wallMs, 'ran');
    const waited = ended(LIMITS.skillWorldMs, 'waited for the world');
    waited.pause();
    task.stop = () => leave(true);
    const { call, onProgress } = task.events();
    const events: RunEvents = {
      onProgress: (permille, note) => {
        if (!over) onProgress(permille, note);
      },
      call: async (name, request) => {
        deadline.pause();
        if (!over) waited.resume();
        const answer = await call(name, request);
        waited.pause();
        if (!over) deadline.resume();
        return answer;
      },
    };
    thread.run(task.job, events).then(
      (outcome) => finish(outcome, false),
      (error: unknown) => finish(fault('worker_lost', error instanceof Error ? error.message : String(error)), false),
    );
  }

  /** A realm that cannot start a worker (a blocked script) fails like one whose worker died. */
  #spawn(): Thread {
    try {
      return this.#options.spawn();
    } catch (error) {
      const lost = error instanceof Error ? error : new Error(String(error));
      return { run: () => Promise.reject(lost), end: () => Promise.resolve() };
    }
  }

  #bury(thread: Thread): void {
    this.#zombies += 1;
    let counted = true;
    const gone = () => {
      if (!counted) return;
      counted = false;
      forget();
      this.#zombies -= 1;
      this.#next();
    };
    const forget = this.#options.timers.after(LIMITS.skillZombieMs, gone);
    thread.end().then(gone, () => undefined);
  }
}

export const cancelled = () => new SkillError('cancelled', 'The skill’s run was stopped.');

export const overloaded = () =>
  new SkillError('overloaded', 'Too many skills are waiting to run.', {
    advice: 'Wait until some have ended and try again.',
  });
