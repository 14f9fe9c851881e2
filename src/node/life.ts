import { NodeError } from './errors';
import { lend } from './guarded';

/** From a start to its stop. What an earlier life still holds can do nothing any more. */
export class Life {
  #over = false;

  /** @param restarts 0 for the first */
  constructor(readonly restarts: number) {}

  /** A handle for as long as this lasts; afterwards every use throws NodeError `subsystem_down`. */
  lend<T extends object>(current: () => T): T {
    return lend(() => {
      if (this.#over) throw restarted();
      return current();
    });
  }

  end(): void {
    this.#over = true;
  }
}

export const subsystemDown = (message: string): NodeError =>
  new NodeError('subsystem_down', message, { advice: 'It restarts by itself; try again in a few seconds.' });

/** What somebody is told who waited for a part that was stopped under him. */
export const restarted = (): NodeError => subsystemDown('This part of the node was restarted.');
