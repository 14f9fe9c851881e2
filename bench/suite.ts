import { benchEvidence } from './evidence';
import { benchGoverned } from './governance';
import { benchLog, type Figure } from './log';
import type { BenchRealm } from './realm';
import { benchReplay } from './replay';

export interface Sizes {
  /** Log entries before the first and before the second round of appends. */
  small: number;
  large: number;
}

export const SIZES: Sizes = { small: 1_000, large: 100_000 };

/** Every benchmark, one after the other: two at once would measure each other. */
export async function runSuite(realm: BenchRealm, sizes: Sizes): Promise<Figure[]> {
  const log = await benchLog(() => realm.openStorage(), sizes);
  return [...log, ...(await benchGoverned(realm)), ...(await benchReplay(realm)), ...(await benchEvidence(realm))];
}
