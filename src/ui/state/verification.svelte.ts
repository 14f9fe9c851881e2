import { LIMITS } from '../../protocol/limits';
import type { Report } from '../../verify/types';
import { parseGovernanceKey, VerifyError } from '../../verify';
import type { VerifyClient } from '../../host/verify-client';
import { outcomeOf, type Outcome, type SealFacts } from '../lib/seal';
import { Action } from './action.svelte';
import type { Live } from './live.svelte';

/** One bundle on the Verify page. Knows nothing of the node. */
export class Verification {
  file = $state.raw<{ name: string; bytes: number }>();
  pem = $state('');
  report = $state.raw<Report>();
  at = $state(0);
  progress = $state.raw<{ what: string; done: number; total: number }>();
  readonly action = new Action();
  readonly #verifier: VerifyClient;
  readonly #live: Live;
  #zip: Uint8Array | undefined;
  #stop = new AbortController();

  constructor(verifier: VerifyClient, live: Live) {
    this.#verifier = verifier;
    this.#live = live;
  }

  get outcome(): Outcome | undefined {
    return this.report && outcomeOf(this.report);
  }

  get seal(): SealFacts | undefined {
    if (!this.report || this.outcome !== 'sealed') return undefined;
    return {
      title: 'Verified',
      summary: `${this.file?.name ?? 'The bundle'} is whole, and its signatures are by the key you pinned.`,
      by: 'The verifier in this browser, with the key that you gave as the pin',
      at: this.at,
      report: this.report,
    };
  }

  /** A stopped check is no failure. */
  get failed(): boolean {
    return this.action.error !== undefined && this.action.error.code !== 'cancelled';
  }

  async open(file: File): Promise<void> {
    this.report = undefined;
    this.#zip = undefined;
    this.file = { name: file.name, bytes: file.size };
    await this.action.run(async () => {
      if (file.size > LIMITS.bundleBytes) {
        throw new VerifyError('too_large', `${file.name} is larger than this page reads.`, {
          advice: 'Check it with "npx sovereign verify" or with the verify.sh inside the bundle.',
        });
      }
      this.#zip = new Uint8Array(await file.arrayBuffer());
    });
    await this.check();
  }

  /** Checks the open file again, e.g. after a key was given. */
  async check(): Promise<void> {
    const zip = this.#zip;
    if (!zip) return;
    await this.action.run(async () => {
      const pin = this.pem.trim() === '' ? undefined : parseGovernanceKey(this.pem);
      this.#stop = new AbortController();
      this.report = undefined;
      this.progress = { what: 'Reading the bundle', done: 0, total: 0 };
      try {
        this.report = await this.#verifier.verify(zip, {
          ...(pin ? { governanceKey: pin } : {}),
          signal: this.#stop.signal,
          onProgress: (what, done, total) => (this.progress = { what, done, total }),
        });
        this.at = Date.now();
        this.#live.say('The check is finished.');
      } finally {
        this.progress = undefined;
      }
    });
  }

  stop(): void {
    this.#stop.abort();
  }
}
