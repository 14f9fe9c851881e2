import type { Cedar } from '../src/policy';
import type { Storage } from '../src/storage';
import type { Figure } from './log';

/** What a benchmark is handed by the place it runs in. */
export interface BenchRealm {
  /** An empty store, in the writer's role. */
  openStorage(): Promise<Storage>;
  /** The policy engine, loaded. */
  loadCedar(): Promise<Cedar>;
}

/** What a run hands back: the rows of one realm, or why there are none. */
export type BenchAnswer = { type: 'figures'; figures: Figure[] } | { type: 'failed'; message: string };
