/**
 * libp2p's yamux with three habits mended. It answers every data frame with a window update, which over a circuit is
 * eight WebSocket messages in place of two; here a window is opened again when half of it was used, as its
 * specification proposes. And it opens a stream some microtasks after it was asked to, when the connection may have
 * ended: what it throws then nobody can catch, and a process ends of it. And it answers pings and streams beyond its number
 * at once, whether the answers are read or not: one that reads nothing would fill our memory with them.
 */
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import type { AbstractMessageStream } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

/** What its streams have beyond libp2p's interface. yamux.test.ts shows that they do. */
interface YamuxStream {
  readonly state: number;
  /** Bytes of a whole window, and what is left of it for the other side to send. */
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

interface YamuxMuxer {
  sendFrame(...args: unknown[]): boolean;
  _newStream(...args: unknown[]): YamuxStream;
}

/** A stream that the other side does not know of yet: what opens it is a window update. */
const INIT = 0;

export function thriftyYamux(...init: Parameters<typeof yamux>): () => StreamMuxerFactory {
  return () => {
    const factory = yamux(...init)();
    const create = factory.createStreamMuxer.bind(factory);
    return Object.assign(factory, {
      createStreamMuxer(connection: MessageStream) {
        const muxer = create(connection);
        const open = muxer as unknown as YamuxMuxer;
        const newStream = open._newStream.bind(muxer);
        open.sendFrame = bounded(open.sendFrame.bind(muxer), connection);
        open._newStream = (...args) => thrifty(newStream(...args), connection);
        return muxer;
      },
    });
  };
}

/** Ends the connection when too much waits for its reader. Streams are held long before: it is for what nothing holds. */
function bounded(send: YamuxMuxer['sendFrame'], connection: MessageStream): YamuxMuxer['sendFrame'] {
  let frames = 0;
  return (...args) => {
    const bytes = connection.writeBufferLength;
    frames = bytes === 0 ? 0 : frames + 1;
    if (bytes + frames * MESH_LIMITS.frameCostBytes <= MESH_LIMITS.unreadBytes) return send(...args);
    connection.abort(new Error('it does not read what is sent to it'));
    return false;
  };
}

function thrifty(stream: YamuxStream, connection: MessageStream): YamuxStream {
  const update = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    if ((connection as Partial<AbstractMessageStream>).writeStatus !== 'writable') return;
    if (stream.state === INIT || stream.recvWindowCapacity <= stream.recvWindow / 2) update();
  };
  return stream;
}
