import { holderOf } from './radio/quota';

/** At most `most` per address (of IPv6 its /64 network) in a window of time. Windows start together, so a burst may get twice that. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #taken = new Map<string, number>();
  #until = 0;

  constructor(most: number, windowMs: number, now: () => number) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Takes one for `address`; false when it had all of them. When too many ask, who came first is forgotten. */
  take(address: string): boolean {
    if (this.#now() >= this.#until) {
      this.#taken.clear();
      this.#until = this.#now() + this.#windowMs;
    }
    const holder = holderOf(address);
    const count = this.#taken.get(holder) ?? 0;
    if (count >= this.#most) return false;
    // Senders can be forged by the million: none of them may cost another its place.
    if (count === 0 && this.#taken.size >= ADDRESSES) this.#taken.delete(this.#taken.keys().next().value!);
    this.#taken.set(holder, count + 1);
    return true;
  }
}

/** Addresses remembered in one window: some 10 MB. */
const ADDRESSES = 100_000;
