import type { Connection, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { MeshError } from '../errors';

export const lost = (cause?: unknown): MeshError =>
  new MeshError('stream_reset', 'the connection to the peer was lost', { cause, advice: 'Try again.' });

/**
 * A stream's chunks, one at a time: the stream rests while its reader works, and so does the writer at the other end.
 * Who leaves a `for await` may go on reading later.
 */
export class StreamReader implements AsyncIterator<Uint8Array> {
  readonly #stream: Stream;
  readonly #connection: Connection;
  readonly #count: (bytes: number) => void;
  readonly #chunks: Uint8Array[] = [];
  #listening = false;
  /** The other side said that it ends, before the connection went. */
  #finished = false;
  #cause: unknown;
  #wake = (): void => undefined;

  constructor(stream: Stream, connection: Connection, count: (bytes: number) => void) {
    this.#stream = stream;
    this.#connection = connection;
    this.#count = count;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#listen();
    while (!this.#ready()) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#stream.readStatus === 'paused') this.#stream.resume();
      if (!this.#ready()) await woken;
    }
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#count(chunk.length);
      return { done: false, value: chunk };
    }
    await this.#checkEnd();
    return { done: true, value: undefined };
  }

  /** There is a chunk, or there will be none. */
  #ready(): boolean {
    const { status, remoteWriteStatus, readBufferLength } = this.#stream;
    const over = status !== 'open' || remoteWriteStatus === 'closed';
    return this.#chunks.length > 0 || (over && readBufferLength === 0);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const stream = this.#stream;
    this.#finished = stream.remoteWriteStatus === 'closed' && stream.status !== 'reset' && stream.status !== 'aborted';
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      this.#chunks.push(data.subarray());
      if (stream.readStatus === 'readable') stream.pause();
      this.#wake();
    });
    stream.addEventListener('remoteCloseWrite', () => {
      this.#finished = true;
      this.#wake();
    });
    stream.addEventListener('close', ({ error }: StreamCloseEvent) => {
      this.#cause = error;
      this.#wake();
    });
  }

  /** @throws MeshError `stream_reset` unless the other side ended it by itself. */
  async #checkEnd(): Promise<void> {
    // To some transports a connection that dies looks like a polite end; they tell of the connection a moment later.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { status } = this.#stream;
    const broken = status === 'reset' || status === 'aborted' || this.#connection.status !== 'open';
    if (!this.#finished || broken) throw lost(this.#cause);
  }
}
