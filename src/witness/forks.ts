/** Forks that a witness was offered, kept as evidence. */
import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import { WitnessError } from './types';
import type { Fork, WitnessStore } from './types';

const PREFIX = 'fork/';
const FORK = v.strictObject({
  origin: v.string(),
  held: v.string(),
  offered: v.string(),
  proof: v.array(v.string()),
  proven: v.boolean(),
  time: v.number(),
});

export class ForkBook {
  readonly #store: WitnessStore;
  readonly #forks = new Map<string, Fork[]>();
  #count = 0;

  constructor(store: WitnessStore) {
    this.#store = store;
    for (const key of store.keys(PREFIX)) this.#take(readFork(store.get(key)!));
  }

  list(): Fork[] {
    return [...this.#forks.values()].flat();
  }

  /**
   * Keeps `fork`, durably. False when it was not: it says nothing new, or there is no room. `listed` logs always have
   * theirs. One that is proven takes the place of one that is not.
   */
  async add(fork: Fork, listed: boolean): Promise<boolean> {
    const known = this.#forks.get(fork.origin) ?? [];
    const same = known.findIndex((other) => other.offered === fork.offered && other.held === fork.held);
    if (same >= 0 && (known[same]!.proven || !fork.proven)) return false;
    let slot = same >= 0 ? same : known.length;
    if (slot >= LIMITS.witnessForksPerLog) slot = fork.proven ? known.findIndex((other) => !other.proven) : -1;
    const isNew = slot === known.length;
    if (slot < 0 || (isNew && !listed && this.#count >= LIMITS.witnessForks)) return false;
    if (isNew) this.#take(fork);
    else known[slot] = fork;
    await this.#store.put(new Map([[`${PREFIX}${fork.origin}/${slot}`, JSON.stringify(fork)]]));
    return true;
  }

  #take(fork: Fork): void {
    this.#forks.set(fork.origin, [...(this.#forks.get(fork.origin) ?? []), fork]);
    this.#count++;
  }
}

function readFork(text: string): Fork {
  try {
    return v.parse(FORK, JSON.parse(text));
  } catch (cause) {
    throw new WitnessError('state_broken', 'a stored fork cannot be read', { cause });
  }
}
