/** What the pure cores are handed instead of reaching for it, so that they replay exactly. */
export interface Clock {
  /** Milliseconds since the Unix epoch, as this machine believes. May jump back. */
  now(): number;
}

export interface Random {
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

export const systemClock: Clock = { now: () => Date.now() };
export const systemRandom: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
