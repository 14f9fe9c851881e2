import { LIMITS } from '../../../protocol/limits';
import { concat, fromUtf8 } from '../../../crypto';
import type { Host } from '../host';
import type { GuestMemory } from '../memory';
import { refused } from './errno';

/** Reads and writes WASI's structures in a program's memory. Whatever lies outside it is `fault`. */
export class Guest {
  readonly #memory: GuestMemory;
  readonly #host: Host;

  constructor(memory: GuestMemory, host: Host) {
    this.#memory = memory;
    this.#host = host;
  }

  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const view = this.#memory.view(pointer, length);
    if (!view) throw refused('fault');
    return view;
  }

  view(pointer: number, length: number): DataView<ArrayBuffer> {
    const { buffer, byteOffset } = this.bytes(pointer, length);
    return new DataView(buffer, byteOffset, length);
  }

  setU32(pointer: number, value: number): void {
    this.view(pointer, 4).setUint32(0, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.view(pointer, 8).setBigUint64(0, BigInt.asUintN(64, value), true);
  }

  /** The buffers of an iovec array, all of them checked, and paid for, before any is used. */
  vectors(pointer: number, count: number): Uint8Array<ArrayBuffer>[] {
    const size = (count >>> 0) * 8;
    if (size > this.#memory.bytes) throw refused('fault');
    const table = this.view(pointer, size);
    if (size > LIMITS.skillVectors * 8) throw refused('inval');
    this.#host.gas.charge(size);
    const found: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < size; at += 8)
      found.push(this.bytes(table.getUint32(at, true), table.getUint32(at + 4, true)));
    return found;
  }

  /** What a gathering write writes, as a copy. */
  gather(pointer: number, count: number): Uint8Array<ArrayBuffer> {
    const vectors = this.vectors(pointer, count);
    this.#host.moved(vectors.reduce((sum, { length }) => sum + length, 0));
    return concat(...vectors);
  }

  /** Fills buffers one after the other, and answers how much went in. */
  scatter(pointer: number, count: number, source: Uint8Array): number {
    const vectors = this.vectors(pointer, count);
    const room = vectors.reduce((sum, { length }) => sum + length, 0);
    this.#host.moved(Math.min(room, source.length));
    let done = 0;
    for (const vector of vectors) {
      const piece = source.subarray(done, done + vector.length);
      vector.set(piece);
      done += piece.length;
    }
    return done;
  }

  path(pointer: number, length: number): string {
    const bytes = this.bytes(pointer, length);
    if (bytes.length > LIMITS.skillPathBytes) throw refused('nametoolong');
    this.#host.moved(bytes.length);
    const text = decode(bytes);
    if (text.includes('\0')) throw refused('inval');
    return text;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw refused('ilseq');
  }
}
