/** At most `most` per address in a window of time. Windows start together, so a burst may get twice that. */
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

  /** Takes one for `address`; false when it had all of them, or when too many addresses ask for the map to be kept. */
  take(address: string): boolean {
    if (this.#now() >= this.#until) {
      this.#taken.clear();
      this.#until = this.#now() + this.#windowMs;
    }
    const count = this.#taken.get(address) ?? 0;
    if (count >= this.#most || this.#taken.size >= ADDRESSES) return false;
    this.#taken.set(address, count + 1);
    return true;
  }
}

/** Addresses remembered in one window: some 10 MB. */
const ADDRESSES = 100_000;
