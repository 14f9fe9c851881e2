import type { SovereignError } from '../../protocol/errors';
import { asError } from './resource.svelte';

/** One thing a person asked for: under way, or failed with a reason. */
export class Action {
  /** What failed since there was last nothing under way: what comes after a failure does not hide it. */
  error = $state.raw<SovereignError>();
  #under = $state(0);
  #last: Promise<unknown> = Promise.resolve();

  get busy(): boolean {
    return this.#under > 0;
  }

  /**
   * Runs `act`; its error is kept for showing instead of thrown. The answer is `undefined` then. A second press while it
   * runs does nothing.
   */
  async run<T>(act: () => Promise<T>): Promise<T | undefined> {
    return this.busy ? undefined : this.next(act);
  }

  /** As {@link run}, but after what is under way: a file that was chosen meanwhile is no second press, and is not lost. */
  next<T>(act: () => Promise<T>): Promise<T | undefined> {
    const isFirst = !this.busy;
    if (isFirst) this.error = undefined;
    this.#under += 1;
    const turn = isFirst ? this.#do(act) : this.#last.then(() => this.#do(act));
    this.#last = turn;
    return turn;
  }

  async #do<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (thrown) {
      this.error = asError(thrown);
      return undefined;
    } finally {
      this.#under -= 1;
    }
  }
}
