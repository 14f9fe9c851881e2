/**
 * Storage in memory: for tests, and for simulations of many nodes. What it holds lives on a {@link MemoryDisk}, so that
 * a second handle can be opened on it, as a second worker would, and so that a test can fill, tear or kill it.
 */
import type { Sha256 } from '../crypto';
import type { Json } from '../protocol/json';
import { blobName, checkBlob, decodeRecord, encodeChanges, quotaExceeded, unavailable, writerLost } from './record';
import type { BlobStore, LogStore, RecordStore, Storage } from './types';

export class MemoryDisk {
  fence = 0;
  readonly chunks: { offset: number; bytes: Uint8Array<ArrayBuffer> }[] = [];
  readonly records = new Map<string, string>();
  readonly blobs = new Map<Sha256, Uint8Array<ArrayBuffer>>();
  /** Bytes held, names and all. */
  used = 0;
  /** Past this a write rejects with `quota_exceeded`. */
  quotaBytes = Number.POSITIVE_INFINITY;
  /**
   * The process dies in the `write`-th write from now (1 is the next one): an append leaves its first `keep` bytes,
   * any other write nothing. Handles that are open then are dead; a new one finds what a new process would.
   */
  kill: { write: number; keep: number } | undefined;
  /** Handles of an earlier life do nothing any more. */
  life = 0;

  get logLength(): number {
    const last = this.chunks.at(-1);
    return last ? last.offset + last.bytes.length : 0;
  }

  /** Keeps the first `length` bytes of the log, behind everyone's back: a torn write, or an attack. */
  cutLog(length: number): void {
    while (this.chunks.length > 0 && this.logLength > length) {
      const last = this.chunks.pop()!;
      if (last.offset < length) this.chunks.push({ ...last, bytes: last.bytes.slice(0, length - last.offset) });
    }
  }

  /** The log's bytes as a copy, and back: for tests that change them. */
  readLog(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.logLength);
    for (const { offset, bytes } of this.chunks) all.set(bytes, offset);
    return all;
  }
  replaceLog(bytes: Uint8Array): void {
    this.chunks.length = 0;
    this.chunks.push({ offset: 0, bytes: Uint8Array.from(bytes) });
  }
}

export interface MemoryOptions {
  /** Shared with another handle; a disk of its own otherwise. */
  disk?: MemoryDisk;
  quotaBytes?: number;
}

/** A handle on `disk`. One that makes its own disk is its writer from birth: no other handle can reach that disk. */
export function createMemoryStorage(options: MemoryOptions = {}): Storage {
  const disk = options.disk ?? new MemoryDisk();
  if (options.quotaBytes !== undefined) disk.quotaBytes = options.quotaBytes;
  const handle = new Handle(disk);
  if (!options.disk) handle.claim();
  return {
    log: new MemoryLog(handle),
    records: new MemoryRecords(handle),
    blobs: new MemoryBlobs(handle),
    usage: () =>
      promised(() => {
        handle.check();
        return { used: disk.used, quota: Number.isFinite(disk.quotaBytes) ? disk.quotaBytes : null };
      }),
    claimWriter: () => promised(() => handle.claim()),
    close: () => promised(() => handle.close()),
  };
}

/** Done at once; what it throws is a rejection. */
const promised = <T>(work: () => T | Promise<T>): Promise<T> => new Promise((resolve) => resolve(work()));

class Handle {
  readonly disk: MemoryDisk;
  readonly #life: number;
  #fence = -1;
  #open = true;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
    this.#life = disk.life;
  }

  check(): void {
    if (!this.#open) throw unavailable('this store was closed');
    if (this.#life !== this.disk.life) throw unavailable('the process of this store has ended');
  }

  claim(): void {
    this.check();
    this.#fence = ++this.disk.fence;
  }

  close(): void {
    this.#open = false;
  }

  /** Before a write that grows the disk by `bytes`; `torn` is what a kill in its middle leaves behind. */
  beforeWrite(bytes: number, torn: (keep: number) => void = () => undefined): void {
    const { disk } = this;
    this.check();
    if (this.#fence !== disk.fence) throw writerLost();
    if (disk.kill && --disk.kill.write === 0) {
      torn(disk.kill.keep);
      disk.kill = undefined;
      disk.life++;
      this.check();
    }
    if (disk.used + bytes > disk.quotaBytes) throw quotaExceeded();
    disk.used += bytes;
  }
}

class MemoryLog implements LogStore {
  readonly #handle: Handle;
  constructor(handle: Handle) {
    this.#handle = handle;
  }

  append(offset: number, bytes: Uint8Array): Promise<void> {
    return promised(() => {
      const { disk } = this.#handle;
      const chunk = { offset, bytes: Uint8Array.from(bytes) };
      if (offset !== disk.logLength) throw writerLost('the log has another length than its writer believes');
      this.#handle.beforeWrite(bytes.length, (keep) => {
        if (keep > 0) disk.chunks.push({ offset, bytes: chunk.bytes.slice(0, keep) });
      });
      if (bytes.length > 0) disk.chunks.push(chunk);
    });
  }

  length(): Promise<number> {
    return promised(() => {
      this.#handle.check();
      return this.#handle.disk.logLength;
    });
  }

  async *read(from: number, to: number): AsyncIterable<Uint8Array> {
    const { chunks } = this.#handle.disk;
    for (let i = firstChunk(chunks, from); i < chunks.length && chunks[i]!.offset < to; i++) {
      await promised(() => this.#handle.check());
      const { offset, bytes } = chunks[i]!;
      yield bytes.slice(Math.max(0, from - offset), to - offset);
    }
  }

  truncate(offset: number): Promise<void> {
    return promised(() => {
      const { disk } = this.#handle;
      this.#handle.beforeWrite(Math.min(0, offset - disk.logLength));
      disk.cutLog(offset);
    });
  }
}

/** Index of the chunk that holds byte `offset`. */
function firstChunk(chunks: readonly { offset: number }[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chunks[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

class MemoryRecords implements RecordStore {
  readonly #handle: Handle;
  constructor(handle: Handle) {
    this.#handle = handle;
  }

  get(key: string): Promise<Json | undefined> {
    return promised(() => {
      this.#handle.check();
      const text = this.#handle.disk.records.get(key);
      return text === undefined ? undefined : decodeRecord(key, text);
    });
  }

  commit(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    return promised(() => {
      const { records } = this.#handle.disk;
      const encoded = encodeChanges(changes);
      const size = (key: string, text: string | undefined): number =>
        text === undefined ? 0 : key.length + text.length;
      const growth = encoded.map(({ key, text }) => size(key, text) - size(key, records.get(key)));
      this.#handle.beforeWrite(growth.reduce((sum, n) => sum + n, 0));
      for (const { key, text } of encoded) {
        if (text === undefined) records.delete(key);
        else records.set(key, text);
      }
    });
  }

  keys(prefix: string): Promise<string[]> {
    return promised(() => {
      this.#handle.check();
      return [...this.#handle.disk.records.keys()].filter((key) => key.startsWith(prefix)).sort();
    });
  }
}

class MemoryBlobs implements BlobStore {
  readonly #handle: Handle;
  constructor(handle: Handle) {
    this.#handle = handle;
  }

  async put(bytes: Uint8Array): Promise<Sha256> {
    const copy = Uint8Array.from(bytes);
    const name = await blobName(copy);
    const { blobs } = this.#handle.disk;
    this.#handle.beforeWrite(blobs.has(name) ? 0 : copy.length);
    blobs.set(name, copy);
    return name;
  }

  get(sha256: Sha256): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return promised(() => {
      this.#handle.check();
      const bytes = this.#handle.disk.blobs.get(sha256);
      return bytes && checkBlob(sha256, Uint8Array.from(bytes));
    });
  }

  has(sha256: Sha256): Promise<boolean> {
    return promised(() => {
      this.#handle.check();
      return this.#handle.disk.blobs.has(sha256);
    });
  }

  delete(sha256: Sha256): Promise<void> {
    return promised(() => {
      const { blobs } = this.#handle.disk;
      this.#handle.beforeWrite(-(blobs.get(sha256)?.length ?? 0));
      blobs.delete(sha256);
    });
  }
}
