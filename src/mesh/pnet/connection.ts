/** A connection whose bytes are hidden under a network's key: wire-compatible with @libp2p/pnet and go-libp2p's pnet. */
import type { AbortOptions, MultiaddrConnection } from '@libp2p/interface';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import type { SendResult } from '@libp2p/utils';
import type { KeyStream } from './key-stream';

/** Sent on at most so much at once: a relay's listener refuses longer WebSocket messages before it reads them. */
export const CHUNK_BYTES = 65_536;

type Sent = Parameters<AbstractMultiaddrConnection['sendData']>[0];

export class PrivateConnection extends AbstractMultiaddrConnection {
  readonly #inner: MultiaddrConnection;
  readonly #outgoing: KeyStream;

  /** Both streams stand where the handshake left them. Takes over the inner connection's events. */
  constructor(inner: MultiaddrConnection, incoming: KeyStream, outgoing: KeyStream) {
    const { remoteAddr, direction } = inner;
    super({ remoteAddr, direction, log: inner.log.newScope('pnet'), maxMessageSize: CHUNK_BYTES });
    this.#inner = inner;
    this.#outgoing = outgoing;
    inner.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#receive(incoming, chunk);
    });
    inner.addEventListener('drain', () => {
      // Our own writers go on when what they left here is gone: else a slow reader's would wait here without a bound.
      this.writableNeedsDrain = false;
      try {
        if (this.processSendQueue()) this.onMuxerDrain();
      } catch {
        // The line ended meanwhile: it was aborted with that, and a listener that throws would end the process.
      }
    });
    inner.addEventListener('close', ({ error, local }) => {
      if (error === undefined) this.onTransportClosed();
      else if (local === true) this.abort(error);
      else this.onRemoteReset();
    });
  }

  #receive(incoming: KeyStream, chunk: Uint8Array): void {
    try {
      this.onData(incoming.apply(chunk));
    } catch (error) {
      this.abort(error as Error);
    }
  }

  override sendData(data: Sent): SendResult {
    const canSendMore = this.#inner.send(this.#outgoing.apply(data.subarray()));
    return { sentBytes: data.byteLength, canSendMore };
  }

  override async sendClose(options?: AbortOptions): Promise<void> {
    await this.#inner.close(options);
  }

  override sendReset(error: Error): void {
    this.#inner.abort(error);
  }

  override sendPause(): void {
    if (this.#inner.status === 'open') this.#inner.pause();
  }

  override sendResume(): void {
    if (this.#inner.status === 'open') this.#inner.resume();
  }
}
