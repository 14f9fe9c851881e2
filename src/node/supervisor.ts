import { LIMITS } from '../protocol/limits';
import type { Clock } from '../protocol/runtime';
import type { SubsystemHealth, SubsystemName } from '../protocol/messages';
import { isFatal, isFault } from './faults';
import { guarded } from './guarded';
import { Life, subsystemDown } from './life';
import type { Restarted } from './restart-notes';

/** Runs `task` after `ms`; handed in so that tests need no clock. The answer cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void;

export interface Subsystem<T extends object> {
  name: SubsystemName;
  /** Those that must be up first; when one of them restarts, so does this. */
  needs: readonly SubsystemName[];
  /** Without it there is no node: a first start that fails is the boot's failure. */
  vital?: boolean;
  start(life: Life): Promise<T>;
  stop?(handle: T): Promise<void>;
}

/** Who hears of it. */
export interface SupervisorHooks {
  /** Somebody's health is another. */
  changed(): void;
  failed(name: SubsystemName, error: unknown): void;
  restarted(note: Restarted): void;
  /** An error that no restart mends (see `isFatal`). */
  ended(error: unknown): void;
}

interface Slot {
  subsystem: Subsystem<object>;
  state: SubsystemHealth['state'];
  handle: object | undefined;
  life: Life;
  message: string | undefined;
  restarts: number;
  /** Failures in a row: sets the back-off. */
  streak: number;
  upSince: number;
  cancel: (() => void) | undefined;
  /** Resolves when what was stopped has let go. */
  stopping: Promise<void>;
}

/**
 * One-for-one supervision with dependencies, as Erlang's `rest_for_one`: a subsystem that throws is reported, stopped
 * with those that need it, and started again after a growing wait, while the others go on. What counts as a failure is
 * in faults.ts.
 */
export class Supervisor {
  readonly #slots = new Map<SubsystemName, Slot>();
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #hooks: SupervisorHooks;
  /** Failures that were counted: they pass through the hands of others on their way up. */
  readonly #heard = new WeakSet<object>();
  #stopped = false;

  constructor(clock: Clock, schedule: Schedule, hooks: SupervisorHooks) {
    this.#clock = clock;
    this.#schedule = schedule;
    this.#hooks = hooks;
  }

  /**
   * Starts it at once; when that fails, or what it needs is down, later.
   * @throws what `start` throws, when that is fatal or the subsystem vital.
   */
  async add<T extends object>(subsystem: Subsystem<T>): Promise<void> {
    const slot: Slot = {
      subsystem: subsystem,
      state: 'restarting',
      handle: undefined,
      life: new Life(0),
      message: undefined,
      restarts: 0,
      streak: 0,
      upSince: 0,
      cancel: undefined,
      stopping: Promise.resolve(),
    };
    this.#slots.set(subsystem.name, slot);
    if (!this.#mayStart(slot)) return;
    try {
      await this.#start(slot, 0);
    } catch (error) {
      slot.state = 'down';
      slot.message = describe(error);
      if (subsystem.vital || isFatal(error)) throw error;
      this.#restartLater(slot, error);
    }
  }

  health(): SubsystemHealth[] {
    return [...this.#slots.values()].map((slot) => ({
      name: slot.subsystem.name,
      state: slot.state,
      restarts: slot.restarts,
      ...(slot.message === undefined ? {} : { message: slot.message }),
    }));
  }

  /** Its handle, whose failures are heard here. @throws NodeError `subsystem_down` while it is not up. */
  get(name: SubsystemName): unknown {
    const slot = this.#slots.get(name);
    if (slot?.state === 'up') return slot.handle;
    const why = slot?.message ? `: ${slot.message}` : '';
    throw subsystemDown(`The ${name} subsystem is not running${why}.`);
  }

  /** `handle` as a part of the subsystem: what it throws counts as a failure of `name`. */
  watch<T extends object>(name: SubsystemName, handle: T, life?: Life): T {
    return guarded(handle, (error) => this.report(name, error, life));
  }

  /** What was thrown in the subsystem, in that life of it: its failure, the node's end, or only an answer. */
  report(name: SubsystemName, error: unknown, life?: Life): void {
    const slot = this.#slots.get(name);
    if (slot?.state !== 'up' || (life && slot.life !== life)) return;
    if (isFatal(error)) this.#hooks.ended(error);
    else if (isFault(name, error)) this.fail(name, error);
  }

  /** A failure: stops it and its dependants, and restarts them after the back-off. */
  fail(name: SubsystemName, error: unknown): void {
    const slot = this.#slots.get(name);
    if (!this.#isNew(error) || slot?.state !== 'up') return;
    if (this.#clock.now() - slot.upSince > LIMITS.restartMaxMs) slot.streak = 0;
    void this.#halt(this.#group(name), 'restarting');
    this.#restartLater(slot, error);
  }

  /** Stops all but `kept`, dependants first. Never rejects: what fails at stopping is gone all the same. */
  async stop(kept: readonly SubsystemName[] = []): Promise<void> {
    this.#stopped = true;
    const going = [...this.#slots.values()].filter((slot) => !kept.includes(slot.subsystem.name));
    await this.#halt(going, 'down');
  }

  #isNew(error: unknown): boolean {
    if (typeof error !== 'object' || error === null) return true;
    if (this.#heard.has(error)) return false;
    this.#heard.add(error);
    return true;
  }

  /** It and all that need it. Slots stand in start order, so one pass sees a dependant after what it needs. */
  #group(name: SubsystemName): Slot[] {
    const hit = new Set<SubsystemName>([name]);
    for (const { subsystem } of this.#slots.values()) {
      if (subsystem.needs.some((need) => hit.has(need))) hit.add(subsystem.name);
    }
    return [...this.#slots.values()].filter((slot) => hit.has(slot.subsystem.name));
  }

  /** Takes them out of everybody's hands at once, and lets them go one by one, dependants first. */
  #halt(group: readonly Slot[], state: 'restarting' | 'down'): Promise<void> {
    const held = group.toReversed().map((slot) => {
      const { handle, life } = slot;
      slot.cancel?.();
      slot.cancel = undefined;
      slot.state = state;
      slot.handle = undefined;
      slot.life = new Life(slot.restarts);
      return async (): Promise<void> => {
        if (handle) await release(slot, handle);
        life.end();
      };
    });
    const before = Promise.all(group.map((slot) => slot.stopping));
    const gone = before.then(async () => {
      for (const letGo of held) await letGo();
    });
    for (const slot of group) slot.stopping = gone;
    return gone;
  }

  #restartLater(slot: Slot, error: unknown): void {
    const wait = Math.min(LIMITS.restartFirstMs * 2 ** slot.streak, LIMITS.restartMaxMs);
    slot.streak += 1;
    slot.state = 'restarting';
    slot.message = describe(error);
    this.#hooks.failed(slot.subsystem.name, error);
    this.#hooks.changed();
    if (this.#stopped) return;
    slot.cancel = this.#schedule(() => void this.#restart(slot, describe(error)), wait);
  }

  async #restart(failed: Slot, message: string): Promise<void> {
    failed.cancel = undefined;
    await this.#settled(failed.stopping);
    for (const slot of this.#group(failed.subsystem.name)) {
      // Another failure meanwhile brings a restart of its own.
      if (slot.state !== 'restarting' || slot.cancel || !this.#mayStart(slot)) continue;
      try {
        if (!(await this.#start(slot, slot.restarts + 1))) return;
      } catch (error) {
        if (isFatal(error)) return this.#hooks.ended(error);
        void this.#halt(this.#group(failed.subsystem.name), 'restarting');
        return this.#restartLater(failed, error);
      }
      slot.restarts += 1;
      this.#hooks.restarted({ name: slot.subsystem.name, restarts: slot.restarts, message });
      this.#hooks.changed();
    }
  }

  #mayStart({ subsystem }: Slot): boolean {
    return !this.#stopped && subsystem.needs.every((need) => this.#slots.get(need)?.state === 'up');
  }

  /** False when it was stopped before it was up. */
  async #start(slot: Slot, restarts: number): Promise<boolean> {
    const { subsystem } = slot;
    const life = new Life(restarts);
    slot.state = 'starting';
    slot.life = life;
    let handle: object;
    try {
      handle = await subsystem.start(life);
    } catch (error) {
      life.end();
      if (slot.life === life) throw error;
      return false;
    }
    if (slot.life !== life) {
      await release(slot, handle);
      life.end();
      return false;
    }
    slot.handle = this.watch(subsystem.name, handle, life);
    slot.state = 'up';
    slot.message = undefined;
    slot.upSince = this.#clock.now();
    return true;
  }

  /** Waits for `stopping`, but not for ever: what hangs while it lets go must not keep its successor from starting. */
  async #settled(stopping: Promise<void>): Promise<void> {
    let cancel: (() => void) | undefined;
    const patience = new Promise<void>((resolve) => (cancel = this.#schedule(resolve, LIMITS.restartStopMs)));
    await Promise.race([stopping, patience]);
    cancel?.();
  }
}

/** What failed may fail at stopping too. */
async function release({ subsystem }: Slot, handle: object): Promise<void> {
  try {
    await subsystem.stop?.(handle);
  } catch {
    // It is gone all the same.
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 512);
