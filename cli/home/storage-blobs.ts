/** Blobs as files named by their SHA-256, `blobs/<first two>/<all>`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256 } from '../../src/crypto';
import type { Sha256 } from '../../src/crypto';
import { blobName, checkBlob } from '../../src/storage';
import type { BlobStore } from '../../src/storage';
import { DIR_MODE, exists, readIfThere, remove, syncDir, writeAtomically } from './storage-files';
import type { FileSystem } from './storage-files';
import type { Gate } from './storage-gate';

export class FileBlobs implements BlobStore {
  readonly #gate: Gate;
  readonly #fs: FileSystem;
  readonly #dir: string;

  constructor(gate: Gate, fs: FileSystem, dir: string) {
    this.#gate = gate;
    this.#fs = fs;
    this.#dir = dir;
  }

  async put(bytes: Uint8Array): Promise<Sha256> {
    const own = Uint8Array.from(bytes);
    const name = await blobName(own);
    await this.#gate.write(async () => {
      const made = await mkdir(join(this.#dir, name.slice(0, 2)), { recursive: true, mode: DIR_MODE });
      if (made !== undefined) await syncDir(this.#fs, this.#dir);
      await writeAtomically(this.#fs, this.#path(name), own);
    });
    return name;
  }

  async get(sha256: Sha256): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#gate.read(async () => (isSha256(sha256) ? readIfThere(this.#path(sha256)) : undefined));
    return bytes && checkBlob(sha256, bytes);
  }

  has(sha256: Sha256): Promise<boolean> {
    return this.#gate.read(async () => isSha256(sha256) && (await exists(this.#path(sha256))));
  }

  delete(sha256: Sha256): Promise<void> {
    return this.#gate.write(async () => {
      if (isSha256(sha256)) await remove(this.#fs, this.#path(sha256));
    });
  }

  #path(name: Sha256): string {
    return join(this.#dir, name.slice(0, 2), name);
  }
}
