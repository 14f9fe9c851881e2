/**
 * libp2p's yamux with two habits mended. It answers every data frame with a window update, which over a circuit is
 * eight WebSocket messages in place of two; here a window is opened again when half of it was used, as its
 * specification proposes. And it opens a stream some microtasks after it was asked to, when the connection may have
 * ended: what it throws then nobody can catch, and a process ends of it.
 */
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import type { AbstractMessageStream } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';

/** What its streams have beyond libp2p's interface. yamux.test.ts shows that they do. */
interface YamuxStream {
  readonly state: number;
  /** Bytes of a whole window, and what is left of it for the other side to send. */
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

interface YamuxMuxer {
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
        open._newStream = (...args) => thrifty(newStream(...args), connection);
        return muxer;
      },
    });
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
