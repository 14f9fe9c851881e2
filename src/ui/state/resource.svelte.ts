import { SovereignError } from '../../protocol/errors';

/** Hints can come by the thousand a second; a person reads a few. */
const SOON_MS = 150;

/** One answer of the node: its value, or why there is none, or that it is on its way. Keeps the old value while it re-reads. */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<SovereignError>();
  loading = $state(false);
  readonly #load: () => Promise<T>;
  #running: Promise<void> | undefined;
  /** How often it was asked to re-read; what comes while it reads makes it read once more. */
  #asked = 0;
  #soon = false;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Re-reads. Calls while it reads become one more reading. */
  reload(): Promise<void> {
    this.#asked += 1;
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Re-reads at most every {@link SOON_MS}. */
  reloadSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    setTimeout(() => {
      this.#soon = false;
      void this.reload();
    }, SOON_MS);
  }

  async #run(): Promise<void> {
    this.loading = true;
    for (let answered = 0; answered !== this.#asked;) {
      answered = this.#asked;
      try {
        this.value = await this.#load();
        this.error = undefined;
      } catch (thrown) {
        this.error = asError(thrown);
      }
    }
    // Cleared in the same step as the last look at the count, so that no call falls in between.
    this.#running = undefined;
    this.loading = false;
  }
}

/** Anything thrown, as the one error class that the UI shows. */
export function asError(thrown: unknown): SovereignError {
  if (thrown instanceof SovereignError) return thrown as SovereignError;
  return new SovereignError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
