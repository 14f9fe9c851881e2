/**
 * The log in IndexedDB: one record per append, keyed by the offset of its first byte, so an append never reads or
 * rewrites what is there.
 *
 * It needs no read of the fence either, which would cost a fifth of a commit. Taking the role puts a mark at the log's
 * end; the new writer's first append replaces its own mark and every later one must `add` a key that is not there yet.
 * An earlier writer believes in that same end, so its next `add` meets the mark, or what replaced it, and fails.
 */
import type { Connection, Transaction } from './idb-connection';
import { storageError } from './idb-connection';
import { corrupt, writerLost } from './record';
import type { LogStore } from './types';

/** Bytes fetched at once when reading. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_RECORDS = 4096;

export class IdbLog implements LogStore {
  readonly #connection: Connection;
  /** Where this writer appends next; only meaningful in its role. */
  #end = 0;
  #marked = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Puts this writer's mark at the end, inside the transaction that takes the role. */
  async takeOver(tx: Transaction, fence: number): Promise<number> {
    const store = tx.objectStore('log');
    const end = endOf(await store.openCursor(null, 'prev'));
    await store.put(fence, end);
    return end;
  }

  start(end: number): void {
    this.#end = end;
    this.#marked = true;
  }

  async append(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#connection.fence === 0) throw writerLost('this store was opened for reading only');
    if (offset !== this.#end) throw writerLost('the log has another length than its writer believes');
    if (bytes.length === 0) return;
    // A clone carries a view's whole buffer.
    const own = bytes.length === bytes.buffer.byteLength ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
    await this.#connection.transact(['log'], (tx) => (this.#marked ? this.#replaceMark(tx, own) : this.#add(tx, own)));
    this.#end += bytes.length;
    this.#marked = false;
  }

  async #add(tx: Transaction, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const added = tx.objectStore('log').add(bytes, this.#end);
    // Without this the browser waits for the answer to `add` before it starts to commit.
    tx.commit();
    await added;
  }

  async #replaceMark(tx: Transaction, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const store = tx.objectStore('log');
    if ((await store.get(this.#end)) !== this.#connection.fence) throw writerLost();
    await store.put(bytes, this.#end);
  }

  async length(): Promise<number> {
    try {
      return endOf(await this.#connection.db.transaction('log').store.openCursor(null, 'prev'));
    } catch (cause) {
      throw storageError(cause);
    }
  }

  async *read(from: number, to: number): AsyncIterable<Uint8Array> {
    let key = await this.#firstKey(from);
    let count = 64;
    while (key < to) {
      const start = key;
      for (const { at, bytes } of await this.#fetch(key, to, count)) {
        if (at !== key) throw corrupt('a piece of the log is missing');
        if (key + bytes.length > from) yield bytes.subarray(Math.max(0, from - key), to - key);
        key += bytes.length;
      }
      if (key === start) throw corrupt('the log is shorter than it was');
      count = Math.min(FETCH_RECORDS, Math.max(1, Math.floor((count * FETCH_BYTES) / (key - start))));
    }
  }

  /** The key of the record that holds byte `offset`. */
  async #firstKey(offset: number): Promise<number> {
    try {
      const cursor = await this.#connection.db
        .transaction('log')
        .store.openKeyCursor(IDBKeyRange.upperBound(offset), 'prev');
      return cursor?.key ?? 0;
    } catch (cause) {
      throw storageError(cause);
    }
  }

  async #fetch(from: number, to: number, count: number): Promise<{ at: number; bytes: Uint8Array }[]> {
    try {
      const range = IDBKeyRange.bound(from, to, false, true);
      const { store } = this.#connection.db.transaction('log');
      const [keys, values] = await Promise.all([store.getAllKeys(range, count), store.getAll(range, count)]);
      return values.flatMap((bytes, i) => (bytes instanceof Uint8Array ? [{ at: keys[i]!, bytes }] : []));
    } catch (cause) {
      throw storageError(cause);
    }
  }

  async truncate(offset: number): Promise<void> {
    await this.#connection.write(['log'], async (tx) => {
      const store = tx.objectStore('log');
      const cut = await store.openCursor(IDBKeyRange.upperBound(offset, true), 'prev');
      await store.delete(IDBKeyRange.lowerBound(offset));
      if (cut && typeof cut.value !== 'number' && cut.key + cut.value.length > offset) {
        await store.put(cut.value.slice(0, offset - cut.key), cut.key);
      }
      await store.put(this.#connection.fence, offset);
    });
    this.start(offset);
  }
}

/** Where the last record ends. */
function endOf(last: { key: number; value: Uint8Array | number } | null): number {
  if (!last) return 0;
  return typeof last.value === 'number' ? last.key : last.key + last.value.length;
}
