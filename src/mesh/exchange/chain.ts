/**
 * Chunks that prove themselves against the SHA-256 of the whole. SHA-256 is a chain of states: each follows from the one
 * before it and 64 bytes, and the last, over the padding with the length, is the digest (FIPS 180-4, section 6.2). Who
 * has the whole can name the state before each chunk. Read from the end, every chunk is checked as it comes: the last
 * one with the state before it must give the digest, the one before it that state, and so on to the standard's initial
 * state. No list has to be believed: to pass a false chunk one would have to find, for a state already fixed, another
 * state and chunk that lead to it, a preimage of the compression function.
 */
import { _SHA256 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

export const CHUNK = MESH_LIMITS.contentChunkBytes;
export const STATE_BYTES = 32;

/** Chunks of so many bytes; content without bytes is one empty chunk. */
export const chunksOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK));

/** Where chunk `index` lies in content of so many bytes. */
export const spanOf = (index: number, bytes: number): [from: number, to: number] => [
  index * CHUNK,
  Math.min((index + 1) * CHUNK, bytes),
];

/** SHA-256 that can be taken up at a state, and asked for it, where a block ends. */
class Chain extends _SHA256 {
  /** `done`: bytes that led to the state, whole blocks. */
  resume(state: Uint8Array, done: number): this {
    const view = new DataView(state.buffer, state.byteOffset);
    const word = (i: number): number => view.getInt32(4 * i);
    this.set(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7));
    this.length = done;
    return this;
  }

  state(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(STATE_BYTES);
    const view = new DataView(out.buffer);
    this.get().forEach((word, i) => view.setInt32(4 * i, word));
    return out;
  }
}

/** The states after each chunk but the last, 32 bytes each. Hands back control through `breathe` now and then. */
export async function statesOf(bytes: Uint8Array, breathe: () => Promise<void>): Promise<Uint8Array<ArrayBuffer>> {
  const count = chunksOf(bytes.length);
  const states = new Uint8Array((count - 1) * STATE_BYTES);
  const chain = new Chain();
  for (let i = 0; i < count - 1; i++) {
    states.set(chain.update(bytes.subarray(i * CHUNK, (i + 1) * CHUNK)).state(), i * STATE_BYTES);
    if (i % MESH_LIMITS.contentSegmentChunks === MESH_LIMITS.contentSegmentChunks - 1) await breathe();
  }
  return states;
}

/**
 * Whether `chunk`, taken up at the state `before` it (none for the first), leads to `target`: the state after it, or the
 * digest after the last of `total` bytes.
 */
export function leadsTo(
  target: Uint8Array,
  before: Uint8Array | undefined,
  chunk: Uint8Array,
  index: number,
  total: number,
): boolean {
  const [from, to] = spanOf(index, total);
  if (chunk.length !== to - from) return false;
  const chain = new Chain();
  if (before) chain.resume(before, from);
  chain.update(chunk);
  return equalBytes(index === chunksOf(total) - 1 ? chain.digest() : chain.state(), target);
}
