import { LIMITS } from '../../protocol/limits';
import type { Schedule } from '../supervisor';

/**
 * Has requests for approval that have expired ended about every minute; also soon after the machine slept, because a
 * timer that fell due meanwhile fires then. The answer calls it off.
 */
export function sweepRegularly(schedule: Schedule, sweep: () => Promise<void>): () => void {
  let cancel: () => void;
  let over = false;
  const again = (): void => {
    if (over) return;
    cancel = schedule(() => {
      // A log that is full now has room another time; a real fault is heard where it happens.
      void sweep()
        .catch(() => undefined)
        .then(again);
    }, LIMITS.sweepMs);
  };
  again();
  return () => {
    over = true;
    cancel();
  };
}
