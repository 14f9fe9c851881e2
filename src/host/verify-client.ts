import type { Report, VerifyOptions } from '../verify/types';

/** Checks bundles off the main thread. Needs no node, no identity and no network. */
export interface VerifyClient {
  /** @throws VerifyError when the file cannot be read at all, `cancelled` after the signal. */
  verify(zip: Uint8Array, options?: VerifyOptions): Promise<Report>;
}
