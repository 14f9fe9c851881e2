/** The open database, the fencing number of this handle, and the one way to write to it. */
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { quotaExceeded, unavailable, writerLost } from './record';
import { StorageError } from './types';

export interface Schema extends DBSchema {
  meta: { key: string; value: number };
  /** By the offset of the first byte. A number marks where a writer took over; its first append replaces it. */
  log: { key: number; value: Uint8Array<ArrayBuffer> | number };
  records: { key: string; value: string };
  blobs: { key: string; value: Uint8Array<ArrayBuffer> };
}
type StoreName = StoreNames<Schema>;
export type Transaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>;

const FENCE = 'fence';
/** Said explicitly: Chromium's and Firefox's default is `relaxed`, which acknowledges before the disk does. */
const STRICT = { durability: 'strict' } as const;

/** @throws StorageError `unavailable` when the browser refuses, or another version of the app keeps the database. */
export async function openConnection(name: string, onGone: () => void): Promise<Connection> {
  let connection: Connection | undefined;
  const gone = (): void => {
    if (connection?.lose()) onGone();
  };
  try {
    connection = new Connection(await openUnblocked(name, gone));
    return connection;
  } catch (cause) {
    throw storageError(cause);
  }
}

function openUnblocked(name: string, gone: () => void): Promise<IDBPDatabase<Schema>> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const opening = openDB<Schema>(name, 1, {
      upgrade(db) {
        for (const store of ['meta', 'log', 'records', 'blobs'] as const) db.createObjectStore(store);
      },
      blocked() {
        waiting = false;
        reject(unavailable('another version of the app keeps the database'));
      },
      // A newer version wants to upgrade, or the owner erases everything: holding on would block that for ever.
      blocking: gone,
      terminated: gone,
    });
    // A blocked database still opens one day, and must not stay open then.
    opening.then((db) => (waiting ? resolve(db) : db.close()), reject);
  });
}

export class Connection {
  readonly #db: IDBPDatabase<Schema>;
  #fence = 0;
  #open = true;

  constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  /** The database, for reading. */
  get db(): IDBPDatabase<Schema> {
    if (!this.#open) throw unavailable('the database was closed');
    return this.#db;
  }

  /** 0 until the writer's role is taken. */
  get fence(): number {
    return this.#fence;
  }

  /** Closes; true the first time. */
  lose(): boolean {
    const was = this.#open;
    this.#open = false;
    this.#db.close();
    return was;
  }

  /** Takes the role; `takeLog` runs in the same transaction. */
  async claim<T>(takeLog: (tx: Transaction, fence: number) => Promise<T>): Promise<T> {
    let fence = 0;
    const taken = await this.transact(['meta', 'log'], async (tx) => {
      fence = ((await tx.objectStore('meta').get(FENCE)) ?? 0) + 1;
      await tx.objectStore('meta').put(fence, FENCE);
      return takeLog(tx, fence);
    });
    this.#fence = fence;
    return taken;
  }

  /** A write under the fence: the number is read in the same transaction, so no later writer can slip in between. */
  write<T>(stores: StoreName[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transact(['meta', ...stores], async (tx) => {
      if (this.#fence === 0 || (await tx.objectStore('meta').get(FENCE)) !== this.#fence) throw writerLost();
      return work(tx);
    });
  }

  /** One strict transaction: resolves on `complete`, and on any failure nothing of it is kept. */
  async transact<T>(stores: StoreName[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    let tx: Transaction | undefined;
    try {
      tx = this.db.transaction(stores, 'readwrite', STRICT);
      // Awaited below; until then a rejection must not count as unhandled.
      tx.done.catch(() => undefined);
      const result = await work(tx);
      await tx.done;
      return result;
    } catch (cause) {
      // The transaction's own error tells more than the request's: a full disk fails the commit, not the put.
      const reason = tx?.error ?? cause;
      if (tx) abort(tx);
      throw storageError(reason);
    }
  }
}

function abort(tx: Transaction): void {
  try {
    tx.abort();
  } catch {
    // It has ended already, which is what was wanted.
  }
}

/** What IndexedDB threw, in our words. */
export function storageError(cause: unknown): Error {
  if (cause instanceof StorageError) return cause;
  if (!(cause instanceof DOMException)) return cause instanceof Error ? cause : unavailable(String(cause));
  switch (cause.name) {
    case 'QuotaExceededError':
      return quotaExceeded(cause);
    case 'ConstraintError':
      return writerLost();
    default:
      return unavailable(`the database failed (${cause.name})`, cause);
  }
}
