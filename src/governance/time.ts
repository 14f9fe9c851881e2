import * as v from 'valibot';
import type { Clock } from '../protocol/runtime';

/** ISO 8601 UTC with milliseconds, the one form in which the product writes a time. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

export const TimeShape = v.pipe(
  v.string(),
  v.check((text) => Number.isFinite(Date.parse(text)) && isoTime(Date.parse(text)) === text, 'not a UTC time in ms'),
);

/**
 * A clock that never goes back: what has expired stays expired when the machine's clock jumps. While the machine's clock
 * is behind, this one stands still.
 * @param floor ms; the newest time in the log.
 */
export function steadyClock(clock: Clock, floor: number): Clock {
  let last = floor;
  return {
    now: () => {
      last = Math.max(last, clock.now());
      return last;
    },
  };
}
