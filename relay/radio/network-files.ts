/**
 * The relay keys of networks that were brought to this relay, so that they are served after a restart: one swarm key file
 * each under `networks/` in the state directory. Whoever runs the relay takes a network off by deleting its file.
 */
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../src/crypto';
import { formatSwarmKey, parseSwarmKey } from '../../src/mesh/pnet';
import { writePrivate } from '../seed-file';
import { makeStateDirectory } from '../state-directory';

const FILE = /^[0-9a-f]{16}\.key$/;
const DAY_MS = 86_400_000;

export class NetworkFiles {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws RelayError `state_unusable` */
  static async open(state: string): Promise<NetworkFiles> {
    const directory = join(state, 'networks');
    await makeStateDirectory(directory);
    return new NetworkFiles(directory);
  }

  /** Keys in use; those that no member showed for `idleMs` are deleted. @throws MeshError `wrong_key` */
  async load(now: number, idleMs: number): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    for (const name of (await readdir(this.#directory)).filter((file) => FILE.test(file)).sort()) {
      const path = join(this.#directory, name);
      if (now - (await stat(path)).mtimeMs > idleMs) await rm(path);
      else keys.push(parseSwarmKey(await readFile(path, 'utf8')));
    }
    return keys;
  }

  async add(key: Uint8Array): Promise<void> {
    await writePrivate(this.#directory, fileOf(key), formatSwarmKey(key));
  }

  /** A member showed this key: the file's time says so, to the day. Nothing for keys that have no file. */
  async used(key: Uint8Array, now: number): Promise<void> {
    const path = join(this.#directory, fileOf(key));
    const info = await stat(path).catch(() => undefined);
    if (info && now - info.mtimeMs > DAY_MS) await utimes(path, now / 1_000, now / 1_000);
  }
}

/** Named by a digest, so that a listing of the directory shows no key. */
const fileOf = (key: Uint8Array): string => `${sha256Hex(key).slice(0, 16)}.key`;
