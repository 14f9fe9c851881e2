import type { Seen, SeenHead } from './messages';

/** One cosignature: who saw the first `size` entries, and when. */
type Sighting = Seen & { size: number };

export interface TimeBounds {
  /** The last time that a witness was shown the log without the entry. Holds as far as the log is shown promptly. */
  after: Sighting | undefined;
  /** The first time that a witness was shown the log with the entry. Holds against the node itself. */
  before: Sighting | undefined;
}

/** Between which times, by witnesses' clocks, entry `seq` came to stand in the log. */
export function timeBounds(seq: number, heads: readonly SeenHead[]): TimeBounds {
  const sightings = heads.flatMap(({ size, seen }) => seen.map((one) => ({ ...one, size })));
  const before = sightings.filter(({ size }) => size > seq).reduce(pick(earlier), undefined);
  // What one witness saw late is no bound when another saw more before.
  const without = sightings.filter(({ size, time }) => size <= seq && time <= (before?.time ?? Infinity));
  return { after: without.reduce(pick(later), undefined), before };
}

const earlier = (a: Sighting, b: Sighting): boolean => a.time < b.time;
const later = (a: Sighting, b: Sighting): boolean => a.time > b.time;

const pick =
  (better: (a: Sighting, b: Sighting) => boolean) =>
  (best: Sighting | undefined, one: Sighting): Sighting =>
    best && !better(one, best) ? best : one;
