import { concat } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { VerifyError } from './types';

/** Bytes that can be read from any place: memory, a picked file, an open file. */
export interface ByteSource {
  readonly size: number;
  /** Exactly these bytes. @throws VerifyError `unreadable` when they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
});

/** A file that a person picked: it stays on the disk until a piece is read. */
export const blobSource = (blob: Blob): ByteSource => ({
  size: blob.size,
  async read(offset, length) {
    try {
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    } catch (cause) {
      throw new VerifyError('unreadable', 'The file changed or went away while it was read.', {
        advice: 'Choose it again.',
        cause,
      });
    }
  },
});

/** The bytes [from, to) in pieces of `verifyChunkBytes`. */
export async function* pieces(source: ByteSource, from = 0, to = source.size): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    const piece = await source.read(at, Math.min(LIMITS.verifyChunkBytes, to - at));
    if (piece.length === 0) throw new VerifyError('unreadable', 'The file ends before its end.');
    yield piece;
    at += piece.length;
  }
}

/** All that a stream gives, as one. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of stream) parts.push(piece.slice());
  return parts.length === 1 ? parts[0]! : concat(...parts);
}

/** The same source, for many small reads that mostly go forward: it keeps the piece that it read last. */
export function buffered(source: ByteSource): ByteSource {
  let start = 0;
  let held = new Uint8Array();
  return {
    size: source.size,
    async read(offset, length) {
      if (offset < start || offset + length > start + held.length) {
        start = offset;
        const want = Math.max(length, Math.min(LIMITS.verifyChunkBytes, source.size - offset));
        held = Uint8Array.from(await source.read(offset, want));
      }
      return held.subarray(offset - start, offset - start + length);
    },
  };
}
