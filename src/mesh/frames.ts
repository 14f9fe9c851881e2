/**
 * Frames of JSON over any stream of bytes: `[u32 little-endian length][that many bytes of JSON]`, the form of the seed's
 * client. A receiver can bound what it holds before it reads it, and needs no look-ahead.
 */
import { concat, JsonError, parseJson, utf8 } from '../crypto';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import type { Json } from '../protocol/json';
import { MeshError } from './errors';

const HEAD_BYTES = 4;

/** A frame as it came: its value, or why it has none. After an error that is `last` no further frame can be found. */
export type Frame = { value: Json } | { error: MeshError; last: boolean };

/** @throws MeshError `frame_too_long` */
export function encodeFrame(value: unknown, limit: number = MESH_LIMITS.frameBytes): Uint8Array<ArrayBuffer> {
  const body = utf8(JSON.stringify(value));
  if (body.length > limit) throw tooLong(body.length, limit);
  const head = new Uint8Array(HEAD_BYTES);
  new DataView(head.buffer).setUint32(0, body.length, true);
  return concat(head, body);
}

/**
 * Finds frames in chunks that were cut anywhere. A frame that is not JSON is an error of its own, and the next one is
 * found; a length past the limit ends it, because the bytes behind it are not wanted.
 */
export class FrameDecoder {
  readonly #limit: number;
  readonly #head = new Uint8Array(HEAD_BYTES);
  /** Bytes there are of the head, and of the body. */
  #heads = 0;
  #bodies = 0;
  #body: Uint8Array<ArrayBuffer> | undefined;
  #ended = false;

  constructor(limit: number = MESH_LIMITS.frameBytes) {
    this.#limit = limit;
  }

  /** Whether a frame has begun and is not whole. */
  get isInside(): boolean {
    return this.#heads > 0 && !this.#ended;
  }

  /** The frames that end in this chunk. */
  *push(chunk: Uint8Array): Generator<Frame, void, void> {
    for (let at = 0; !this.#ended;) {
      if (!this.#body) {
        const some = chunk.subarray(at, at + HEAD_BYTES - this.#heads);
        this.#head.set(some, this.#heads);
        this.#heads += some.length;
        at += some.length;
        if (this.#heads < HEAD_BYTES) return;
        const length = new DataView(this.#head.buffer).getUint32(0, true);
        if (length > this.#limit) {
          this.#ended = true;
          yield { error: tooLong(length, this.#limit), last: true };
          return;
        }
        this.#body = new Uint8Array(length);
      }
      const body = this.#body;
      const some = chunk.subarray(at, at + body.length - this.#bodies);
      body.set(some, this.#bodies);
      this.#bodies += some.length;
      at += some.length;
      if (this.#bodies < body.length) return;
      this.#body = undefined;
      this.#heads = this.#bodies = 0;
      yield read(body);
    }
  }
}

/** Every frame of a stream. One that ends inside a frame is `frame_malformed`. @throws what `incoming` throws */
export async function* readFrames(
  incoming: AsyncIterable<Uint8Array>,
  limit: number = MESH_LIMITS.frameBytes,
): AsyncGenerator<Frame, void, void> {
  const decoder = new FrameDecoder(limit);
  for await (const chunk of incoming) yield* decoder.push(chunk);
  if (decoder.isInside) yield { error: malformed('the stream ended inside it'), last: true };
}

function read(body: Uint8Array): Frame {
  try {
    return { value: parseJson(body) };
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    return { error: malformed(cause.message, cause), last: false };
  }
}

const malformed = (why: string, cause?: unknown): MeshError =>
  new MeshError('frame_malformed', `The frame is not one of this protocol: ${why}.`, {
    cause,
    advice: 'A frame is a length of four bytes, little-endian, and so many bytes of JSON.',
  });

const tooLong = (length: number, limit: number): MeshError =>
  new MeshError('frame_too_long', `A frame of ${length} bytes is more than the ${limit} that are taken.`, {
    advice: 'Send less at once; large bytes travel by their hash.',
  });
