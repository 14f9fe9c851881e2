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
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Re-reads. Calls while it reads become one more reading. */
  reload(): Promise<void> {
    if (this.#running) this.#again = true;
    else this.#running = this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Re-reads at most every {@link SOON_MS}. */
  reloadSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.reload();
    }, SOON_MS);
  }

  async #run(): Promise<void> {
    this.loading = true;
    do {
      this.#again = false;
      try {
        this.value = await this.#load();
        this.error = undefined;
      } catch (thrown) {
        this.error = asError(thrown);
      }
    } while (this.#again);
    this.loading = false;
  }
}

/** Anything thrown, as the one error class that the UI shows. */
export function asError(thrown: unknown): SovereignError {
  if (thrown instanceof SovereignError) return thrown;
  return new SovereignError('internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
