/** Appends that wait for a commit: bounded, because memory is the only other place for them. */
import type { Signer } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { lineBytes } from './entry';
import type { PreparedEntry } from './entry';
import { AuditError } from './types';
import type { Receipt } from './types';

/** Entries that become durable together, and whoever waits for that. */
export interface Pending {
  readonly entries: readonly PreparedEntry[];
  /** Signs heads once these are stored. */
  readonly signer: Signer | undefined;
  resolve(receipts: Receipt[]): void;
  reject(cause: unknown): void;
}

const bytesOf = ({ entries }: Pending): number => entries.reduce((sum, entry) => sum + lineBytes(entry), 0);

export class AppendQueue {
  #waiting: Pending[] = [];
  #entries = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** @throws AuditError `overloaded` */
  push(pending: Pending): void {
    const bytes = bytesOf(pending);
    if (this.#entries + pending.entries.length > LIMITS.appendQueue || this.#bytes + bytes > LIMITS.appendQueueBytes) {
      throw new AuditError('overloaded', 'too many log entries wait to be written', {
        advice: 'Try again in a moment.',
      });
    }
    this.#waiting.push(pending);
    this.#entries += pending.entries.length;
    this.#bytes += bytes;
  }

  /** The next commit's worth, in order: at least one, then as many as its bounds allow. */
  take(): Pending[] {
    let count = 0;
    let entries = 0;
    let bytes = 0;
    for (const pending of this.#waiting) {
      const size = bytesOf(pending);
      const fits = entries + pending.entries.length <= LIMITS.commitBatch && bytes + size <= LIMITS.commitBytes;
      if (count > 0 && !fits) break;
      count++;
      entries += pending.entries.length;
      bytes += size;
    }
    this.#entries -= entries;
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
