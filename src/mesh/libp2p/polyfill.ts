/**
 * What libp2p takes for granted and Node before 22 lacks. Call it once, before a mesh or a relay is opened; where the
 * runtime has them, nothing happens.
 */

/** The part of `ws`'s client that is replaced; this file runs in browsers too, where there is no `ws` to import. */
type SocketClass = new (
  url: string,
  options: object,
) => {
  emit(event: string | symbol, ...args: unknown[]): boolean;
  on(event: string, listener: () => void): unknown;
};

/**
 * @param Socket `WebSocket` of the package `ws`; a runtime that only listens needs none.
 */
export function polyfillNode(Socket?: SocketClass): void {
  const scope = globalThis as { WebSocket?: unknown };
  (Promise as { withResolvers?: unknown }).withResolvers ??= withResolvers;
  if (Socket) scope.WebSocket ??= gentle(Socket);
}

function withResolvers<T>(): { promise: Promise<T>; resolve: unknown; reject: unknown } {
  let resolve: unknown;
  let reject: unknown;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/**
 * `ws` tells of 'open' and of a first message in one turn, but libp2p listens for messages only some turns after 'open':
 * the 24 bytes of the private network's nonce, which the relay sends at once, would be lost. So the socket rests for a
 * turn of the event loop.
 */
function gentle(Socket: SocketClass): SocketClass {
  return class extends Socket {
    constructor(url: string) {
      super(url, { allowSynchronousEvents: false });
      // A browser's socket may fail unheard; in Node that would end the process.
      this.on('error', () => undefined);
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      if (event === 'open') {
        const { _socket: socket } = this as unknown as { _socket?: { pause(): void; resume(): void } };
        socket?.pause();
        setTimeout(() => socket?.resume(), 0);
      }
      return super.emit(event, ...args);
    }
  };
}
