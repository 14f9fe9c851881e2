import type { VerifyClient, VerifyInput } from '../../host/verify-client';
import { parseGovernanceKey } from '../../verify';
import type { Report, VerifyOptions } from '../../verify/types';
import type { Dropped } from '../lib/dropped';
import { stepText } from '../lib/verify-steps';
import { outcomeOf, type Outcome, type SealFacts } from '../lib/seal';
import { Action } from './action.svelte';
import type { Live } from './live.svelte';

/** One bundle on the Verify page. Knows nothing of the node. */
export class Verification {
  file = $state.raw<{ name: string; bytes: number }>();
  /** From outside the bundle, as text: the owner's key, the witnesses to trust, a checkpoint that was kept. */
  pem = $state('');
  policy = $state('');
  older = $state('');
  report = $state.raw<Report>();
  at = $state(0);
  progress = $state.raw<{ what: string; done: number; total: number }>();
  readonly action = new Action();
  readonly #verifier: VerifyClient;
  readonly #live: Live;
  #input: VerifyInput | undefined;
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

  async open(given: Dropped): Promise<void> {
    this.report = undefined;
    this.#input = given.input;
    this.file = { name: given.name, bytes: given.bytes };
    await this.check();
  }

  /** Checks what is open again, e.g. after a key was given. */
  async check(): Promise<void> {
    const input = this.#input;
    if (!input) return;
    await this.action.run(async () => {
      this.report = undefined;
      const outside = this.#outside();
      this.#stop = new AbortController();
      this.progress = { what: stepText('start'), done: 0, total: 0 };
      try {
        this.report = await this.#verifier.verify(input, {
          ...outside,
          signal: this.#stop.signal,
          onProgress: (step, done, total) => (this.progress = { what: stepText(step), done, total }),
        });
        this.at = Date.now();
        this.#live.say('The check is finished.');
      } finally {
        this.progress = undefined;
      }
    });
  }

  /** What came from elsewhere than the bundle. @throws VerifyError for what is not what it should be */
  #outside(): Pick<VerifyOptions, 'governanceKey' | 'witnessPolicy' | 'older'> {
    const { pem, policy, older } = this;
    return {
      ...(pem.trim() === '' ? {} : { governanceKey: parseGovernanceKey(pem) }),
      ...(policy.trim() === '' ? {} : { witnessPolicy: policy }),
      ...(older.trim() === '' ? {} : { older: new TextEncoder().encode(older) }),
    };
  }

  stop(): void {
    this.#stop.abort();
  }
}
