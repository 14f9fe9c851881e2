/** Storage in IndexedDB, for browsers: what is acknowledged survives the browser being killed. */
import type { Sha256 } from '../crypto';
import type { Json } from '../protocol/json';
import { openConnection, storageError } from './idb-connection';
import type { Connection } from './idb-connection';
import { IdbLog } from './idb-log';
import { blobName, checkBlob, decodeRecord, encodeChanges } from './record';
import type { BlobStore, RecordStore, Storage } from './types';

export interface IdbOptions {
  /** Called once when the store goes away under us: erased, upgraded by a newer version, or closed by the browser. */
  onGone?: () => void;
}

/**
 * Opens, and at first makes, the database `name`.
 *
 * @throws StorageError `unavailable` when the browser refuses, or another version of the app keeps the database.
 */
export async function openIdbStorage(name: string, options: IdbOptions = {}): Promise<Storage> {
  const connection = await openConnection(name, () => options.onGone?.());
  const log = new IdbLog(connection);
  return {
    log,
    records: new IdbRecords(connection),
    blobs: new IdbBlobs(connection),
    usage,
    claimWriter: async () => log.start(await connection.claim((tx, fence) => log.takeOver(tx, fence))),
    close: () => Promise.resolve(void connection.lose()),
  };
}

/** The browser counts the whole origin, the app's own files too. Nothing and no quota where it does not tell. */
async function usage(): Promise<{ used: number; quota: number | null }> {
  if (typeof navigator === 'undefined' || !('storage' in navigator)) return { used: 0, quota: null };
  const estimate = await navigator.storage.estimate();
  return { used: estimate.usage ?? 0, quota: estimate.quota ?? null };
}

class IdbRecords implements RecordStore {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(key: string): Promise<Json | undefined> {
    const text = await reading(() => this.#connection.db.get('records', key));
    return text === undefined ? undefined : decodeRecord(key, text);
  }

  async commit(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    const encoded = encodeChanges(changes);
    await this.#connection.write(['records'], async (tx) => {
      const store = tx.objectStore('records');
      // Async, so that a put that throws at once rejects with the others.
      const write = async ({ key, text }: { key: string; text: string | undefined }): Promise<unknown> =>
        text === undefined ? store.delete(key) : store.put(text, key);
      await Promise.all(encoded.map(write));
    });
  }

  async keys(prefix: string): Promise<string[]> {
    const keys = await reading(() => this.#connection.db.getAllKeys('records', IDBKeyRange.lowerBound(prefix)));
    const end = keys.findIndex((key) => !key.startsWith(prefix));
    return end < 0 ? keys : keys.slice(0, end);
  }
}

class IdbBlobs implements BlobStore {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put(bytes: Uint8Array): Promise<Sha256> {
    const own = Uint8Array.from(bytes);
    const name = await blobName(own);
    await this.#connection.write(['blobs'], (tx) => tx.objectStore('blobs').put(own, name));
    return name;
  }

  async get(sha256: Sha256): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await reading(() => this.#connection.db.get('blobs', sha256));
    return bytes && checkBlob(sha256, bytes);
  }

  async has(sha256: Sha256): Promise<boolean> {
    return (await reading(() => this.#connection.db.getKey('blobs', sha256))) !== undefined;
  }

  async delete(sha256: Sha256): Promise<void> {
    await this.#connection.write(['blobs'], (tx) => tx.objectStore('blobs').delete(sha256));
  }
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw storageError(cause);
  }
}
