/**
 * Frames `[u32 little-endian length][bytes]` over one stream, read one at a time with the bound and the time that the
 * reader chooses: JSON where a protocol speaks, raw bytes where it carries something. Remote control has its own reader
 * (frames.ts), which goes on behind a bad frame; here a bad frame ends the stream.
 */
import * as v from 'valibot';
import { concat, JsonError, parseJson, utf8 } from '../crypto';
import type { Json } from '../protocol/json';
import { MeshError } from './errors';
import type { Schedule } from './schedule';
import type { MeshStream } from './types';

const HEAD_BYTES = 4;

export interface Patience {
  schedule: Schedule;
  /** How long one frame may take, in either direction, before the stream is reset. */
  ms: number;
}

export class FramedStream {
  readonly stream: MeshStream;
  readonly #patience: Patience;
  readonly #incoming: AsyncIterator<Uint8Array>;
  /** What came and was not asked for yet: never more than one piece of the stream. */
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: MeshStream, patience: Patience) {
    this.stream = stream;
    this.#patience = patience;
    this.#incoming = stream.incoming[Symbol.asyncIterator]();
  }

  /** @throws MeshError `stream_reset`, or `timeout` when the other side does not read. */
  send(bytes: Uint8Array): Promise<void> {
    const head = new Uint8Array(HEAD_BYTES);
    new DataView(head.buffer).setUint32(0, bytes.length, true);
    return this.#inTime(() => this.stream.write(concat(head, bytes)));
  }

  sendJson(value: Json): Promise<void> {
    return this.send(utf8(JSON.stringify(value)));
  }

  /**
   * The next frame, or `undefined` when the stream ended before one.
   * @throws MeshError `frame_too_long`, `frame_malformed` for an end inside a frame, `stream_reset`, `timeout`.
   */
  async next(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#inTime(async () => {
      const head = await this.#take(HEAD_BYTES);
      if (head === undefined) return undefined;
      const length = new DataView(head.buffer).getUint32(0, true);
      if (length > limit)
        throw new MeshError('frame_too_long', `a frame of ${length} bytes, where ${limit} are the most`);
      return (await this.#take(length)) ?? broken('the stream ended inside a frame');
    });
  }

  /** The next frame as JSON of this shape. @throws MeshError as {@link next}, and `frame_malformed` for other JSON. */
  async json<S extends v.GenericSchema>(shape: S, limit: number): Promise<v.InferOutput<S> | undefined> {
    const bytes = await this.next(limit);
    return bytes === undefined ? undefined : readJson(shape, bytes);
  }

  /** {@link next} where the protocol has one. */
  async need(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.next(limit)) ?? broken('the stream ended where an answer should be');
  }

  /** {@link json} where the protocol has one. */
  async needJson<S extends v.GenericSchema>(shape: S, limit: number): Promise<v.InferOutput<S>> {
    return readJson(shape, await this.need(limit));
  }

  async #take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#rest.length === 0) {
        const next = await this.#incoming.next();
        if (next.done) return at === 0 ? undefined : broken('the stream ended inside a frame');
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    let late = false;
    const cancel = this.#patience.schedule(() => {
      late = true;
      this.stream.reset();
    }, this.#patience.ms);
    try {
      return await work();
    } catch (cause) {
      if (late) throw new MeshError('timeout', 'the peer took too long', { cause });
      throw cause;
    } finally {
      cancel();
    }
  }
}

/** @throws MeshError `frame_malformed` */
export function readJson<S extends v.GenericSchema>(shape: S, bytes: Uint8Array): v.InferOutput<S> {
  let value: Json;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new MeshError('frame_malformed', 'a frame is not JSON', { cause });
  }
  const parsed = v.safeParse(shape, value);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  return broken(`a frame is of another form at ${v.getDotPath(issue) ?? 'its root'}`);
}

function broken(why: string): never {
  throw new MeshError('frame_malformed', why);
}
