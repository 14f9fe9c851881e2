/** What every file operation passes: one write at a time, under the lock, while the store is open. */
import { unavailable } from '../../src/storage';
import { storageError } from './storage-files';
import { WriterLock } from './storage-lock';

export class Gate {
  readonly lock: WriterLock;
  #last: Promise<unknown> = Promise.resolve();
  #open = true;

  constructor(dir: string) {
    this.lock = new WriterLock(dir, () => this.settled());
  }

  /** Resolves once no write is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async read<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#open) throw unavailable('this store was closed');
    try {
      return await work();
    } catch (cause) {
      throw storageError(cause);
    }
  }

  /** After everything that is under way. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.read(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  write<T>(work: () => Promise<T>): Promise<T> {
    return this.alone(() => {
      this.lock.check();
      return work();
    });
  }

  close(): void {
    this.#open = false;
  }
}
