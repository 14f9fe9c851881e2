/**
 * Records as one file each, `records/<name>.json`. A commit of several first writes what it is going to do to
 * `records/commit`, so that a crash in its middle is finished by whoever writes next, and seen whole by any reader.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { fromUtf8, utf8 } from '../../src/crypto';
import type { Json } from '../../src/protocol/json';
import { corrupt, decodeRecord, encodeChanges, recordKey, recordName } from '../../src/storage';
import type { RecordStore } from '../../src/storage';
import { readIfThere, remove, writeAtomically } from './storage-files';
import type { FileSystem } from './storage-files';
import type { Gate } from './storage-gate';

const SUFFIX = '.json';
/** Name of a record's file, and its new text or null to remove it. */
const Commit = v.array(v.strictTuple([v.string(), v.nullable(v.string())]));
type Commit = v.InferOutput<typeof Commit>;

export class FileRecords implements RecordStore {
  readonly #gate: Gate;
  readonly #fs: FileSystem;
  readonly #dir: string;
  readonly #intent: string;
  /** `commit` may hold something to do. */
  #unfinished = false;

  constructor(gate: Gate, fs: FileSystem, dir: string) {
    this.#gate = gate;
    this.#fs = fs;
    this.#dir = dir;
    this.#intent = join(dir, 'commit');
  }

  get(key: string): Promise<Json | undefined> {
    return this.#gate.read(async () => {
      const name = recordName(key);
      const pending = (await this.#pending()).find(([changed]) => changed === name);
      if (pending) return pending[1] === null ? undefined : decodeRecord(key, pending[1]);
      const bytes = await readIfThere(this.#path(name));
      return bytes && decodeRecord(key, bytes);
    });
  }

  async commit(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    const commit = encodeChanges(changes).map(({ name, text }): Commit[number] => [name, text ?? null]);
    await this.#gate.write(async () => {
      await this.#finish();
      if (commit.length <= 1) return this.#apply(commit);
      await writeAtomically(this.#fs, this.#intent, utf8(JSON.stringify(commit)));
      // Decided: whoever reads looks there first. What cannot be done now is done before the next commit.
      this.#unfinished = true;
      await this.#finish().catch(() => undefined);
    });
  }

  keys(prefix: string): Promise<string[]> {
    return this.#gate.read(async () => {
      const files = (await readdir(this.#dir)).filter((file) => file.endsWith(SUFFIX));
      const names = new Set(files.map((file) => file.slice(0, -SUFFIX.length)));
      for (const [name, text] of await this.#pending()) {
        if (text === null) names.delete(name);
        else names.add(name);
      }
      const keys = [...names].map(recordKey).filter((key) => key !== undefined);
      return keys.filter((key) => key.startsWith(prefix)).sort();
    });
  }

  /** As the writer: finishes a commit that a crash cut off. */
  async start(): Promise<void> {
    this.#unfinished = true;
    await this.#finish();
  }

  async #finish(): Promise<void> {
    if (!this.#unfinished) return;
    await this.#apply(await this.#pending());
    await remove(this.#fs, this.#intent);
    this.#unfinished = false;
  }

  async #apply(commit: Commit): Promise<void> {
    for (const [name, text] of commit) {
      if (text === null) await remove(this.#fs, this.#path(name));
      else await writeAtomically(this.#fs, this.#path(name), utf8(text));
    }
  }

  async #pending(): Promise<Commit> {
    const bytes = await readIfThere(this.#intent);
    if (!bytes) return [];
    try {
      const commit = v.parse(Commit, JSON.parse(fromUtf8(bytes)));
      if (commit.every(([name]) => recordKey(name) !== undefined)) return commit;
    } catch (cause) {
      throw corrupt('the record commit under way cannot be read', cause);
    }
    throw corrupt('the record commit under way names no records');
  }

  #path(name: string): string {
    return join(this.#dir, name + SUFFIX);
  }
}
