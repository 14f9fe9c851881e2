import { SovereignError } from '../protocol/errors';
import type { Json } from '../protocol/json';
import type { Sha256 } from '../crypto';

export type StorageCode =
  | 'quota_exceeded' // the disk or the browser's quota is full; nothing of the commit was kept
  | 'writer_lost' // another writer took over; this one must stop
  | 'unavailable' // the store cannot be opened or went away
  | 'corrupt' // what was read is not what was written
  | 'too_large';

export class StorageError extends SovereignError<StorageCode> {
  override readonly name = 'StorageError';
}

/**
 * The one storage interface. Every promise of a write resolves only once the bytes are durable (IndexedDB: strict
 * durability and `oncomplete`; files: fsync), and a write that rejects has changed nothing.
 */
export interface Storage {
  readonly log: LogStore;
  readonly records: RecordStore;
  readonly blobs: BlobStore;
  /** Bytes in use and the quota, where the platform tells. */
  usage(): Promise<{ used: number; quota: number | null }>;
  /**
   * Takes the writer's role, which every write needs and no read does. Every write of an earlier holder then rejects
   * with `writer_lost`, also when that holder is in another worker. In a directory a live process keeps the role, and
   * this rejects with `unavailable`.
   */
  claimWriter(): Promise<void>;
  close(): Promise<void>;
}

/** The log's bytes: an append-only stream of lines. It knows nothing of entries. */
export interface LogStore {
  /**
   * Appends `bytes` (whole lines) at exactly `offset`, the present length; another offset rejects `writer_lost`. One at
   * a time. Killed in the middle, a database keeps none of it and a file perhaps the first part: a torn tail.
   */
  append(offset: number, bytes: Uint8Array): Promise<void>;
  length(): Promise<number>;
  /** Bytes of [from, to), in chunks of any size, in order. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
  /** Drops everything from `offset` on: only for a torn tail at start-up. */
  truncate(offset: number): Promise<void>;
}

/** Small JSON records by key: sealed keys, settings, drafts, checkpoints. */
export interface RecordStore {
  get(key: string): Promise<Json | undefined>;
  /** All puts and deletes (`undefined`) or none. */
  commit(changes: ReadonlyMap<string, Json | undefined>): Promise<void>;
  /** Keys that start with `prefix`, in code-unit order. */
  keys(prefix: string): Promise<string[]>;
}

/** Content-addressed bytes. `get` re-hashes and throws `corrupt` when they no longer match their name. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<Sha256>;
  get(sha256: Sha256): Promise<Uint8Array<ArrayBuffer> | undefined>;
  has(sha256: Sha256): Promise<boolean>;
  delete(sha256: Sha256): Promise<void>;
}
