/**
 * What a witness remembers, in one append-only file. A line is the first 16 hex digits of its content's SHA-256, a space
 * and the content: a JSON array of [key, value] that took effect together. A commit is synced before its promise resolves.
 */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { sha256Text } from '../../src/crypto';
import { LIMITS } from '../../src/protocol/limits';
import { WitnessError } from '../../src/witness';
import type { WitnessStore } from '../../src/witness';
import { syncDirectory } from '../sync-directory';

export const JOURNAL_FILE = 'witness.journal';
const HEADER = 'sovereign-witness-journal/v1\n';
const CHANGES = v.array(v.tuple([v.string(), v.string()]));

interface Commit {
  changes: ReadonlyMap<string, string>;
  resolve(): void;
  reject(cause: unknown): void;
}

export class Journal implements WitnessStore {
  readonly #dir: string;
  /** @throws when this process has lost the directory to another one. */
  readonly #check: () => void;
  readonly #live: Map<string, string>;
  #file: FileHandle;
  #bytes: number;
  /** Length at which the file is written anew. */
  #limit: number;
  #queue: Commit[] = [];
  #writing: Promise<void> | undefined;
  #broken: { cause: unknown } | undefined;

  private constructor(dir: string, check: () => void, file: FileHandle, read: Read) {
    this.#dir = dir;
    this.#check = check;
    this.#file = file;
    this.#live = read.live;
    this.#bytes = read.bytes;
    this.#limit = nextLimit(read.bytes);
  }

  /**
   * Opens the journal in `dir`, or starts it. An unfinished last line was never answered for and is cut off.
   *
   * @throws WitnessError `state_broken` for anything else that does not hold.
   */
  static async open(dir: string, check: () => void): Promise<Journal> {
    const path = join(dir, JOURNAL_FILE);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      const text = await file.readFile('utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole === '') {
        await file.truncate(0);
        await file.write(HEADER);
      } else if (whole.length < text.length) {
        await file.truncate(Buffer.byteLength(whole));
      }
      await file.sync();
      await syncDirectory(dir);
      return new Journal(dir, check, file, readJournal(whole === '' ? HEADER : whole));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get(key: string): string | undefined {
    return this.#live.get(key);
  }

  keys(prefix: string): string[] {
    return [...this.#live.keys()].filter((key) => key.startsWith(prefix));
  }

  put(changes: ReadonlyMap<string, string>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.settled();
    this.#broken ??= { cause: new WitnessError('state_broken', 'the journal was closed') };
    await this.#file.close();
  }

  /** What is put while a sync is under way shares the next one. */
  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        if (this.#broken) throw this.#broken.cause;
        await this.#commit(group);
      } catch (cause) {
        // What is on the disk now is unknown; only a restart reads it. Until then nothing is promised.
        this.#broken ??= { cause };
        for (const commit of group) commit.reject(cause);
        continue;
      }
      for (const commit of group) commit.resolve();
    }
    // In the same breath as the last look at the queue: a commit after it must find that nobody writes.
    this.#writing = undefined;
  }

  async #commit(group: readonly Commit[]): Promise<void> {
    this.#check();
    const bytes = Buffer.from(group.map(({ changes }) => line([...changes])).join(''));
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#bytes += bytes.length;
    for (const { changes } of group) for (const [key, value] of changes) this.#live.set(key, value);
    if (this.#bytes > this.#limit) await this.#compact();
  }

  /** Writes what is in force beside the journal, and puts it in its place. */
  async #compact(): Promise<void> {
    const path = join(this.#dir, JOURNAL_FILE);
    const text = HEADER + [...this.#live].map((change) => line([change])).join('');
    const fresh = await open(`${path}.new`, 'w', 0o600);
    await fresh.writeFile(text);
    await fresh.sync();
    await fresh.close();
    this.#check();
    await rename(`${path}.new`, path);
    await syncDirectory(this.#dir);
    await this.#file.close();
    this.#file = await open(path, constants.O_RDWR | constants.O_APPEND);
    this.#bytes = Buffer.byteLength(text);
    this.#limit = nextLimit(this.#bytes);
  }
}

/** A file that is four times what it has to be. */
const nextLimit = (bytes: number): number => Math.max(LIMITS.witnessJournalBytes, 4 * bytes);

function line(changes: readonly (readonly [string, string])[]): string {
  const content = JSON.stringify(changes);
  return `${sha256Text(content).slice(0, 16)} ${content}\n`;
}

interface Read {
  live: Map<string, string>;
  bytes: number;
}

function readJournal(text: string): Read {
  if (!text.startsWith(HEADER)) throw broken(1);
  const live = new Map<string, string>();
  const lines = text.slice(HEADER.length).split('\n').slice(0, -1);
  lines.forEach((stored, i) => {
    const content = stored.slice(17);
    if (stored.slice(0, 17) !== `${sha256Text(content).slice(0, 16)} `) throw broken(i + 2);
    const changes = v.safeParse(CHANGES, JSON.parse(content));
    if (!changes.success) throw broken(i + 2);
    for (const [key, value] of changes.output) live.set(key, value);
  });
  return { live, bytes: Buffer.byteLength(text) };
}

const broken = (number: number): WitnessError =>
  new WitnessError('state_broken', `line ${number} of ${JOURNAL_FILE} is not what a witness wrote`, {
    advice:
      'Put back the file as it was. A witness that forgot what it signed could sign two trees: if the file is lost, delete the directory and start as a new witness.',
  });
