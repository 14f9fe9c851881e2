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

/** The pace of a verification: progress, cancelling, and signatures checked in batches. */
export class Work {
  #pending: Check[] = [];
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

  /** Checks what is queued; problems come in the order of queueing. */
  async flush(): Promise<void> {
    const checks = this.#pending;
    this.#pending = [];
    this.findings.counts.signatures += checks.length;
    const answers = await Promise.all(checks.map((c) => verifySignature(c.publicKey, c.message, c.signature)));
    checks.forEach((check, i) => {
      if (!answers[i]) check.wrong();
    });
  }
}
