import { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import type { Clock } from '../protocol/runtime';
import type { SubsystemHealth, SubsystemName } from '../protocol/messages';
import { NodeError } from './errors';

/** Runs `task` after `ms`; handed in so that tests need no clock. The answer cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void;

export interface Subsystem<T> {
  name: SubsystemName;
  /** Those that must be up first; when one of them restarts, so does this. */
  needs: readonly SubsystemName[];
  start(): Promise<T>;
  stop?(handle: T): Promise<void>;
}

interface Slot {
  subsystem: Subsystem<unknown>;
  state: SubsystemHealth['state'];
  handle: unknown;
  message: string | undefined;
  restarts: number;
  /** Failures in a row: sets the back-off. */
  streak: number;
  upSince: number;
  cancel: (() => void) | undefined;
}

/**
 * One-for-one supervision with dependencies, as Erlang's `rest_for_one`: a subsystem that throws is reported, stopped
 * with those that need it, and started again after a growing wait, while the others go on. A typed refusal
 * ({@link SovereignError}) is an answer, not a failure.
 */
export class Supervisor {
  readonly #slots = new Map<SubsystemName, Slot>();
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #changed: (name: SubsystemName, restarted: boolean) => void;

  constructor(clock: Clock, schedule: Schedule, changed: (name: SubsystemName, restarted: boolean) => void) {
    this.#clock = clock;
    this.#schedule = schedule;
    this.#changed = changed;
  }

  /** Starts it at once. A throw here is the caller's (boot decides whether it halts). */
  async add<T>(subsystem: Subsystem<T>): Promise<T> {
    const slot: Slot = {
      subsystem: subsystem,
      state: 'starting',
      handle: undefined,
      message: undefined,
      restarts: 0,
      streak: 0,
      upSince: 0,
      cancel: undefined,
    };
    this.#slots.set(subsystem.name, slot);
    await this.#start(slot);
    return slot.handle as T;
  }

  health(): SubsystemHealth[] {
    return [...this.#slots.values()].map((slot) => ({
      name: slot.subsystem.name,
      state: slot.state,
      restarts: slot.restarts,
      ...(slot.message === undefined ? {} : { message: slot.message }),
    }));
  }

  /** @throws NodeError `subsystem_down` while it is not up. */
  get(name: SubsystemName): unknown {
    const slot = this.#slots.get(name);
    if (slot?.state === 'up') return slot.handle;
    throw new NodeError(
      'subsystem_down',
      `The ${name} subsystem is not running${slot?.message ? `: ${slot.message}` : ''}.`,
      {
        advice: 'It restarts by itself; try again in a few seconds.',
      },
    );
  }

  /** Runs `task`; what it throws that is not a typed refusal counts as a failure of `name`. */
  async guard<R>(name: SubsystemName, task: () => Promise<R>): Promise<R> {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof SovereignError)) this.fail(name, error);
      throw error;
    }
  }

  /** Reports a failure: stops it and its dependants, and restarts them after the back-off. */
  fail(name: SubsystemName, error: unknown): void {
    const slot = this.#slots.get(name);
    if (!slot || slot.state === 'restarting' || slot.state === 'starting') return;
    if (this.#clock.now() - slot.upSince > LIMITS.restartMaxMs) slot.streak = 0;
    const group = this.#dependants(name);
    for (const member of group.toReversed()) this.#halt(member);
    slot.message = error instanceof Error ? error.message : String(error);
    this.#restartLater(slot, group);
  }

  async stop(): Promise<void> {
    for (const slot of [...this.#slots.values()].toReversed()) {
      slot.cancel?.();
      const { handle, state } = slot;
      slot.state = 'down';
      if (state === 'up') await slot.subsystem.stop?.(handle);
    }
  }

  #dependants(name: SubsystemName): Slot[] {
    const hit = new Set<SubsystemName>([name]);
    // Insertion order is start order, so one pass sees a dependant after what it needs.
    for (const { subsystem } of this.#slots.values()) {
      if (subsystem.needs.some((need) => hit.has(need))) hit.add(subsystem.name);
    }
    return [...this.#slots.values()].filter((slot) => hit.has(slot.subsystem.name));
  }

  #halt(slot: Slot): void {
    slot.cancel?.();
    slot.cancel = undefined;
    const { handle, state } = slot;
    slot.state = 'restarting';
    slot.handle = undefined;
    if (state !== 'up') return;
    // What failed may fail at stopping too; the new start must not wait for it.
    slot.subsystem.stop?.(handle).catch((error: unknown) => {
      slot.message = String(error);
    });
  }

  #restartLater(slot: Slot, group: readonly Slot[]): void {
    const wait = Math.min(LIMITS.restartFirstMs * 2 ** slot.streak, LIMITS.restartMaxMs);
    slot.streak += 1;
    this.#changed(slot.subsystem.name, false);
    slot.cancel = this.#schedule(() => void this.#restart(slot, group), wait);
  }

  async #restart(failed: Slot, group: readonly Slot[]): Promise<void> {
    for (const slot of group) {
      try {
        await this.#start(slot);
        slot.restarts += 1;
        this.#changed(slot.subsystem.name, true);
      } catch (error) {
        failed.message = error instanceof Error ? error.message : String(error);
        for (const member of group) if (member.state !== 'restarting') this.#halt(member);
        this.#restartLater(failed, group);
        return;
      }
    }
  }

  async #start(slot: Slot): Promise<void> {
    slot.state = 'starting';
    try {
      slot.handle = await slot.subsystem.start();
    } catch (error) {
      slot.state = 'down';
      throw error;
    }
    slot.state = 'up';
    slot.message = undefined;
    slot.upSince = this.#clock.now();
  }
}
