import type { WireError } from '../protocol/errors';
import type { Report } from './types';

/** Window → worker: one bundle to check. The worker answers once and is then ended; ending it early cancels. */
export interface VerifyRequest {
  zip: Uint8Array;
  /** Raw Ed25519 key from outside the bundle. */
  governanceKey?: Uint8Array;
}

/** Worker → window: any number of `progress`, then one of the others. */
export type VerifyAnswer =
  | { type: 'progress'; step: string; done: number; total: number }
  | { type: 'report'; report: Report }
  | { type: 'error'; error: WireError };
