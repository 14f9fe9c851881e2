import { fromBase64, jcsBytes, verifySignature } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Findings } from './findings';
import { VerifyError, type VerifyOptions } from './types';

interface Check {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
  wrong(): void;
}

/** Signatures that are being checked, beside whatever else goes on. */
interface Batch {
  checks: readonly Check[];
  answers: Promise<readonly boolean[]>;
}

/** The pace of a verification: progress, cancelling, and signatures checked in batches. */
export class Work {
  #pending: Check[] = [];
  readonly #begun: Batch[] = [];
  constructor(
    private readonly findings: Findings,
    private readonly options: VerifyOptions,
  ) {}

  /** @throws VerifyError `cancelled`. */
  step(what: string, done: number, total: number): void {
    if (this.options.signal?.aborted) throw new VerifyError('cancelled', 'The verification was cancelled.');
    this.options.onProgress?.(what, done, total);
  }

  /** Queues a signature over the JCS of `body`; `wrong` is called when it does not hold. */
  signed(publicKey: Uint8Array, body: object, signature: string, wrong: () => void): void {
    const raw = fromBase64(signature);
    if (raw) this.#pending.push({ publicKey, message: jcsBytes(body), signature: raw, wrong });
    else wrong();
  }

  get isFull(): boolean {
    return this.#pending.length >= LIMITS.verifyBatch;
  }

  /**
   * Begins to check what is queued, and waits only for the batches before the last few: signatures are checked by other
   * threads than the one that reads on.
   */
  async proceed(): Promise<void> {
    this.#begin();
    while (this.#begun.length > LIMITS.verifyBatches) await this.#judgeOldest();
  }

  /** Checks all that is queued; problems come in the order of queueing. */
  async flush(): Promise<void> {
    this.#begin();
    while (this.#begun.length > 0) await this.#judgeOldest();
  }

  #begin(): void {
    const checks = this.#pending;
    this.#pending = [];
    this.findings.counts.signatures += checks.length;
    const answers = Promise.all(checks.map((c) => verifySignature(c.publicKey, c.message, c.signature)));
    this.#begun.push({ checks, answers });
  }

  async #judgeOldest(): Promise<void> {
    const { checks, answers } = this.#begun.shift()!;
    for (const [i, holds] of (await answers).entries()) if (!holds) checks[i]!.wrong();
  }
}
