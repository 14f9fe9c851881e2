import type { Connection, Stream } from '@libp2p/interface';
import { MeshError } from '../errors';
import type { MeshStream } from '../types';
import { lost, StreamReader } from './stream-reader';

/** How long a stream's last bytes may take to leave before it is ended the hard way. */
const CLOSE_MS = 10_000;

/** Told of every byte that passes. */
export type Count = (inward: number, outward: number) => void;

/** libp2p's stream of events as the mesh's protocols take one: reading and writing both wait for the slower side. */
export class Libp2pStream implements MeshStream {
  readonly peer: string;
  readonly relayed: boolean;
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #stream: Stream;
  readonly #count: Count;

  constructor(stream: Stream, connection: Connection, count: Count) {
    this.#stream = stream;
    this.#count = count;
    this.peer = connection.remotePeer.toString();
    this.relayed = isRelayed(connection);
    const reader = new StreamReader(stream, connection, (bytes) => count(bytes, 0));
    this.incoming = { [Symbol.asyncIterator]: () => reader };
  }

  async write(bytes: Uint8Array): Promise<void> {
    let more: boolean;
    try {
      more = this.#stream.send(bytes);
    } catch (cause) {
      throw lost(cause);
    }
    this.#count(0, bytes.length);
    if (!more) await drained(this.#stream);
  }

  async close(): Promise<void> {
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(CLOSE_MS) });
    } catch {
      this.reset();
    }
  }

  reset(): void {
    this.#stream.abort(new MeshError('stream_reset', 'the stream was ended here'));
  }
}

/** Whether a relay carries it: also where that relay sets no limits. */
export const isRelayed = (connection: Connection): boolean => !connection.direct || connection.limits !== undefined;

/** Resolves with `drain`. libp2p's own `onDrain()` keeps the answer of an earlier one. */
function drained(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const settle = (end: () => void) => () => {
      listening.abort();
      end();
    };
    stream.addEventListener('drain', settle(resolve), listening);
    stream.addEventListener(
      'close',
      settle(() => reject(lost())),
      listening,
    );
  });
}
