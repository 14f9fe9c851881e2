/** Logs and stores for the tests of witnesses: real trees, real keys. */
import {
  formatAddCheckpoint,
  consistencyProof,
  formatCheckpoint,
  hex,
  leafHash,
  signNote,
  treeRoot,
  utf8,
} from '../crypto';
import type { Signer } from '../crypto';
import type { WitnessStore } from './types';

/** A log as its key holder has it: any branch of it, at any size. */
export class TestLog {
  readonly origin: string;
  readonly signer: Signer;
  readonly #leaves: Uint8Array<ArrayBuffer>[];

  constructor(origin: string, signer: Signer, leaves: readonly string[]) {
    this.origin = origin;
    this.signer = signer;
    this.#leaves = leaves.map((leaf) => leafHash(utf8(leaf)));
  }

  root(size: number): Uint8Array<ArrayBuffer> {
    return treeRoot(this.#leaves, 0, size);
  }

  text(size: number): string {
    return formatCheckpoint({ origin: this.origin, size, root: hex(this.root(size)) });
  }

  note(size: number): Promise<string> {
    return signNote(this.text(size), this.origin, this.signer);
  }

  proof(oldSize: number, size: number): Uint8Array[] {
    return oldSize > 0 && oldSize < size ? consistencyProof(this.#leaves, oldSize, size) : [];
  }

  async request(oldSize: number, size: number, proof = this.proof(oldSize, size)): Promise<Uint8Array> {
    return utf8(formatAddCheckpoint({ oldSize, proof, checkpointNote: await this.note(size) }));
  }
}

/** What is put is there for whoever opens `disk` next. */
export function memoryStore(disk: Map<string, string> = new Map()): WitnessStore {
  return {
    get: (key) => disk.get(key),
    keys: (prefix) => [...disk.keys()].filter((key) => key.startsWith(prefix)),
    put: async (changes) => {
      for (const [key, value] of changes) disk.set(key, value);
      await Promise.resolve();
    },
  };
}
