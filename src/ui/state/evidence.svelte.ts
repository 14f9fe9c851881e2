import type { Report } from '../../verify/types';
import { download } from '../lib/download';
import { outcomeOf, type Outcome, type SealFacts } from '../lib/seal';
import { stepText } from '../lib/verify-steps';
import { Action } from './action.svelte';
import type { App } from './app.svelte';

/** The evidence of one run: taken out, and checked by the independent verifier with this node's own key as the pin. */
export class Evidence {
  taken = $state(false);
  report = $state.raw<Report>();
  at = $state(0);
  progress = $state.raw<{ what: string; done: number; total: number }>();
  readonly downloading = new Action();
  readonly verifying = new Action();
  readonly #app: App;
  readonly #bundle: string;
  #stop = new AbortController();

  constructor(app: App, bundle: string) {
    this.#app = app;
    this.#bundle = bundle;
  }

  get outcome(): Outcome | undefined {
    return this.report && outcomeOf(this.report);
  }

  get seal(): SealFacts | undefined {
    if (!this.report || this.outcome !== 'sealed') return undefined;
    return {
      title: 'Verified',
      summary: 'This bundle is whole, and its signatures are by the governance key of this node.',
      by: 'The verifier in this browser, apart from the node, with this node’s governance key as the pin',
      at: this.at,
      report: this.report,
    };
  }

  async download(): Promise<void> {
    await this.downloading.run(async () => {
      download(
        `sovereign-bundle-${this.#bundle.slice(0, 8)}.zip`,
        await this.#app.client.getBlob(this.#bundle),
        'application/zip',
      );
      this.taken = true;
    });
  }

  async verify(): Promise<void> {
    await this.verifying.run(async () => {
      this.#stop = new AbortController();
      this.progress = { what: stepText('start'), done: 0, total: 0 };
      try {
        const { fromHex } = await import('../../crypto');
        const identity = await this.#app.client.call('GetIdentity');
        const zip = await this.#app.client.getBlob(this.#bundle);
        const governanceKey = fromHex(identity.publicKeys.governance);
        const bundle = { file: new Blob([Uint8Array.from(zip)]), name: 'bundle.zip' };
        this.report = await this.#app.verifier.verify(bundle, {
          ...(governanceKey ? { governanceKey } : {}),
          signal: this.#stop.signal,
          onProgress: (step, done, total) => (this.progress = { what: stepText(step), done, total }),
        });
        this.at = Date.now();
        this.#app.live.say(this.outcome === 'sealed' ? 'The bundle is verified.' : 'The bundle was checked.');
      } finally {
        this.progress = undefined;
      }
    });
  }

  stop(): void {
    this.#stop.abort();
  }
}
