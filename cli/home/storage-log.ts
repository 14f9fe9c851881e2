/** The log as one file, `log/entries.jsonl`: exactly the bytes of the log, appended and synced. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogStore } from '../../src/storage';
import { corrupt, unavailable, writerLost } from '../../src/storage';
import { FILE_MODE, syncDir } from './storage-files';
import type { FileSystem } from './storage-files';
import type { Gate } from './storage-gate';

const CHUNK = 1024 * 1024;

export class FileLog implements LogStore {
  readonly #gate: Gate;
  readonly #file: FileHandle;
  #length = 0;
  /** A failed write that could not be taken back: what is on disk is unknown. */
  #broken = false;

  constructor(gate: Gate, file: FileHandle) {
    this.#gate = gate;
    this.#file = file;
  }

  static async open(gate: Gate, fs: FileSystem, dir: string): Promise<FileLog> {
    const file = await fs.open(join(dir, 'entries.jsonl'), constants.O_RDWR | constants.O_CREAT, FILE_MODE);
    await syncDir(fs, dir);
    return new FileLog(gate, file);
  }

  /** As the writer: from here on the length is what this handle wrote. */
  async start(): Promise<void> {
    this.#length = (await this.#file.stat()).size;
    this.#broken = false;
  }

  append(offset: number, bytes: Uint8Array): Promise<void> {
    const own = Uint8Array.from(bytes);
    return this.#gate.write(async () => {
      if (this.#broken) throw unavailable('an earlier write to the log failed half-way');
      if (offset !== this.#length) throw writerLost('the log has another length than its writer believes');
      try {
        for (let at = 0; at < own.length;) {
          at += (await this.#file.write(own, at, own.length - at, offset + at)).bytesWritten;
        }
        await this.#file.datasync();
      } catch (cause) {
        await this.#takeBack(offset);
        throw cause;
      }
      this.#length += own.length;
    });
  }

  /** After a failed write: nothing of it may stay. */
  async #takeBack(offset: number): Promise<void> {
    try {
      await this.#file.truncate(offset);
      await this.#file.datasync();
    } catch {
      this.#broken = true;
    }
  }

  length(): Promise<number> {
    // The writer's own count, because the file is longer while an append is under way.
    return this.#gate.read(async () => (this.#gate.lock.isHeld ? this.#length : (await this.#file.stat()).size));
  }

  async *read(from: number, to: number): AsyncIterable<Uint8Array> {
    for (let at = from; at < to;) {
      const buffer = new Uint8Array(Math.min(CHUNK, to - at));
      const { bytesRead } = await this.#gate.read(() => this.#file.read(buffer, 0, buffer.length, at));
      if (bytesRead === 0) throw corrupt('the log is shorter than it was');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  truncate(offset: number): Promise<void> {
    return this.#gate.write(async () => {
      await this.#file.truncate(offset);
      await this.#file.datasync();
      this.#length = offset;
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
