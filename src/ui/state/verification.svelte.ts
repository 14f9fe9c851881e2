import type { VerifyClient, VerifyInput } from '../../host/verify-client';
import { LIMITS } from '../../protocol/limits';
import { parseGovernanceKey, type ProofOptions } from '../../verify';
import type { Report } from '../../verify/types';
import type { Dropped } from '../lib/dropped';
import { missingPart, proofPart, withPart, type ProofPart, type ProofParts } from '../lib/proof-parts';
import { stepText } from '../lib/verify-steps';
import { outcomeOf, type Outcome, type SealFacts } from '../lib/seal';
import { Action } from './action.svelte';
import type { Live } from './live.svelte';

/** One bundle, or one entry with its proof, on the Verify page. Knows nothing of the node. */
export class Verification {
  file = $state.raw<{ name: string; bytes: number }>();
  /** From outside of what is checked, as text: the owner's key, the witnesses to trust, and what a bundle or a proof alone can use. */
  pem = $state('');
  policy = $state('');
  older = $state('');
  tsa = $state('');
  logKey = $state('');
  report = $state.raw<Report>();
  /** The entry whose proof was checked, as it is stored. */
  line = $state.raw<string>();
  at = $state(0);
  progress = $state.raw<{ what: string; done: number; total: number }>();
  readonly action = new Action();
  #executions = $state(false);
  readonly #verifier: VerifyClient;
  readonly #live: Live;
  #input = $state.raw<VerifyInput>();
  #parts = $state.raw<ProofParts>({});
  #stop = new AbortController();
  /** The check that is under way, if one is. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(verifier: VerifyClient, live: Live) {
    this.#verifier = verifier;
    this.#live = live;
  }

  get outcome(): Outcome | undefined {
    return this.report && outcomeOf(this.report);
  }

  get seal(): SealFacts | undefined {
    if (!this.report || this.outcome !== 'sealed') return undefined;
    const what = this.file?.name ?? 'What you gave';
    return {
      title: 'Verified',
      summary: this.ofProof
        ? `${what}: the entry is in the log, and the key you gave signed that log.`
        : `${what} is whole, and its signatures are by the key you pinned.`,
      by: 'The verifier in this browser, with the key that you gave as the pin',
      at: this.at,
      report: this.report,
    };
  }

  /** A stopped check is no failure. */
  get failed(): boolean {
    return this.action.error !== undefined && this.action.error.code !== 'cancelled';
  }

  /** Whether an entry's proof is here, or a part of one. */
  get ofProof(): boolean {
    return this.#parts.proof !== undefined || this.#parts.entry !== undefined;
  }

  /** The part of a proof that is still to come. */
  get missing(): ProofPart | undefined {
    return missingPart(this.#parts);
  }

  /** Whether there may be runs of skills to make again. */
  get canReplay(): boolean {
    return this.report?.format === 'sovereign-bundle' && !this.#executions;
  }

  /** Whether there is something to check, and something from outside to check it with. */
  get ready(): boolean {
    const { policy, pem, older, tsa, logKey } = this;
    const given = this.ofProof ? [logKey, policy] : [pem, policy, older, tsa];
    return this.#whole && given.some((text) => text.trim() !== '');
  }

  get #whole(): boolean {
    return this.ofProof ? this.missing === undefined : this.#input !== undefined;
  }

  /** What was dropped at once: a bundle, or the parts of a proof. */
  async openAll(given: readonly Dropped[]): Promise<void> {
    for (const [i, one] of given.entries()) if (i === 0 || this.missing) await this.open(one);
  }

  async open(given: Dropped): Promise<void> {
    const { input } = given;
    await this.#ended();
    this.report = undefined;
    this.#executions = false;
    this.action.error = undefined;
    const part = 'file' in input ? await proofPart(input.file) : undefined;
    if (part && 'file' in input) this.#take(part, new File([input.file], given.name));
    else {
      this.#parts = {};
      this.#input = input;
      this.file = { name: given.name, bytes: given.bytes };
    }
    await this.check();
  }

  #take(part: ProofPart, file: File): void {
    this.#input = undefined;
    this.#parts = withPart(this.#parts, part, file);
    const files = [this.#parts.proof, this.#parts.entry].filter((one) => one !== undefined);
    this.file = {
      name: files.map(({ name }) => name).join(' and '),
      bytes: files.reduce((n, { size }) => n + size, 0),
    };
  }

  /** Checks what is open again, e.g. after a key was given. A check that is under way ends: it is of something else. */
  async check(): Promise<void> {
    if (!this.#whole) return;
    await this.#ended();
    this.#running = this.action.run(() => this.#check());
    await this.#running;
  }

  async #check(): Promise<void> {
    this.report = undefined;
    this.line = undefined;
    const { signal } = (this.#stop = new AbortController());
    const run = this.#prepared(signal);
    this.progress = { what: stepText('start'), done: 0, total: 0 };
    try {
      const report = await run();
      if (signal.aborted) return;
      this.report = report;
      this.at = Date.now();
      this.#live.say('The check is finished.');
    } finally {
      this.progress = undefined;
    }
  }

  async #ended(): Promise<void> {
    this.stop();
    await this.#running;
  }

  /** Checks the open bundle again, and makes its runs of skills again. */
  async replay(): Promise<void> {
    this.#executions = true;
    await this.check();
  }

  /** The check to run. @throws VerifyError for what came from outside and is not what it should be */
  #prepared(signal: AbortSignal): () => Promise<Report> {
    const input = this.#input;
    const { proof, entry } = this.#parts;
    if (proof && entry) {
      const options: ProofOptions = { ...this.#witnesses(), ...given(this.logKey, (logKey) => ({ logKey })) };
      return async () => {
        const report = await this.#verifier.verifyProof({ proof, entry }, { ...options, signal });
        this.line = await entry.slice(0, LIMITS.entryBytes).text();
        return report;
      };
    }
    const options: Parameters<VerifyClient['verify']>[1] = {
      executions: this.#executions,
      ...this.#witnesses(),
      ...given(this.pem, (pem) => ({ governanceKey: parseGovernanceKey(pem) })),
      ...given(this.older, (older) => ({ older: new TextEncoder().encode(older) })),
      ...given(this.tsa, (tsa) => ({ tsa: new TextEncoder().encode(tsa) })),
      signal,
      onProgress: (step, done, total) => (this.progress = { what: stepText(step), done, total }),
    };
    return () => this.#verifier.verify(input!, options);
  }

  #witnesses(): { witnessPolicy?: string } {
    return given(this.policy, (witnessPolicy) => ({ witnessPolicy }));
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** An empty field was not given. */
const given = <T extends object>(text: string, option: (text: string) => T): T | Record<never, never> =>
  text.trim() === '' ? {} : option(text);
