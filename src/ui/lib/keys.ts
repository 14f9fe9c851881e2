/** What a key press means. Two-key sequences (`g h`) must follow within this time. */
export const SEQUENCE_MS = 1_200;

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Feeds presses in, gives the matched combination out: `mod+k`, `?`, `g h`. */
export class KeySequence {
  #first = '';
  #at = 0;
  readonly #known: ReadonlySet<string>;

  constructor(known: Iterable<string>) {
    this.#known = new Set(known);
  }

  /** @param now milliseconds, any origin. @param typing the focus is in a text field: only `mod+` counts there. */
  press(event: KeyPress, now: number, typing: boolean): string | undefined {
    if (event.ctrlKey || event.metaKey) return this.#match(`mod+${event.key.toLowerCase()}`);
    if (typing || event.altKey || event.key.length !== 1) return undefined;
    const key = event.key.toLowerCase();
    const pair = now - this.#at <= SEQUENCE_MS ? this.#match(`${this.#first} ${key}`) : undefined;
    this.#first = pair ? '' : key;
    this.#at = now;
    return pair ?? this.#match(key);
  }

  #match(combination: string): string | undefined {
    return this.#known.has(combination) ? combination : undefined;
  }
}
