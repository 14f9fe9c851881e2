/** The log's Merkle tree for proofs, apart from the one that is appended to, so that proving costs appends nothing. */
import { HashTiles, leafHash } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { AuditLog } from './types';
import { yieldToLoop } from './yield';

export class LogTree {
  readonly #log: Pick<AuditLog, 'lines'>;
  readonly #tree = new HashTiles();
  #reading: Promise<void> = Promise.resolve();

  constructor(log: Pick<AuditLog, 'lines'>) {
    this.#log = log;
  }

  /**
   * The tree over at least the first `size` durable lines. The first call reads the log, later ones what was appended
   * since; then a proof takes no reading at all.
   *
   * @throws AuditError `no_entry` when the log is shorter, `log_broken`; StorageError.
   */
  upTo(size: number): Promise<HashTiles> {
    const read = this.#reading.then(() => this.#read(size));
    // The next caller tries again from where this one failed.
    this.#reading = read.catch(() => undefined);
    return read.then(() => this.#tree);
  }

  async #read(size: number): Promise<void> {
    const from = this.#tree.size;
    if (from >= size) return;
    for await (const line of this.#log.lines(from, size)) {
      this.#tree.append(leafHash(line));
      if (this.#tree.size % LIMITS.yieldEntries === 0) await yieldToLoop();
    }
  }
}
