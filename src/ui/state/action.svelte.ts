import type { SovereignError } from '../../protocol/errors';
import { asError } from './resource.svelte';

/** One thing a person asked for: under way, or failed with a reason. A second press while it runs does nothing. */
export class Action {
  busy = $state(false);
  error = $state.raw<SovereignError>();

  /** Runs `act`; its error is kept for showing instead of thrown. The answer is `undefined` then. */
  async run<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    this.error = undefined;
    try {
      return await act();
    } catch (thrown) {
      this.error = asError(thrown);
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
