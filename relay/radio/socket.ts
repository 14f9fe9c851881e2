/** One WebSocket of a member, as libp2p wants a connection: with back pressure both ways, and an end to dead ones. */
import type { MultiaddrConnection } from '@libp2p/interface';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import type { SendResult } from '@libp2p/utils';
import type { WebSocket } from 'ws';
import { CHUNK_BYTES } from '../../src/mesh/pnet';

type Sent = Parameters<AbstractMultiaddrConnection['sendData']>[0];
type Init = Pick<MultiaddrConnection, 'remoteAddr' | 'log'>;

/** Counted for the operator; never per member. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
}

export interface SocketLimits {
  /** Bytes that may wait for one slow reader before its senders are held. */
  buffered: number;
  /** How long a reader may leave them waiting before it is cut, milliseconds. */
  stalledMs: number;
  /** How long it may take to answer a close. */
  closeMs: number;
}

export class SocketConnection extends AbstractMultiaddrConnection {
  readonly #socket: WebSocket;
  readonly #limits: SocketLimits;
  readonly #traffic: Traffic;
  #stalled: NodeJS.Timeout | undefined;

  /** Takes a socket whose `binaryType` is `nodebuffer`; its messages must not have been listened to before. */
  constructor(socket: WebSocket, init: Init, limits: SocketLimits, traffic: Traffic) {
    super({ ...init, direction: 'inbound', maxMessageSize: CHUNK_BYTES });
    this.#socket = socket;
    this.#limits = limits;
    this.#traffic = traffic;
    socket.on('message', (data: Buffer, binary) => {
      if (!binary) return this.abort(new Error('a text message'));
      traffic.bytesIn += data.length;
      this.onData(new Uint8Array(data.buffer, data.byteOffset, data.length));
    });
    // Without this listener one malformed frame would end the process.
    socket.on('error', (error) => {
      this.abort(error);
    });
    socket.on('close', (code) => {
      clearTimeout(this.#stalled);
      if (code === 1006) this.onRemoteReset();
      else this.onTransportClosed();
    });
  }

  override sendData(data: Sent): SendResult {
    const sentBytes = data.byteLength;
    this.#traffic.bytesOut += sentBytes;
    this.#socket.send(data.subarray(), { binary: true }, this.#onWritten);
    const canSendMore = this.#socket.bufferedAmount < this.#limits.buffered;
    if (!canSendMore) this.#stalled ??= setTimeout(this.#cut, this.#limits.stalledMs);
    return { sentBytes, canSendMore };
  }

  /** The kernel took what was written: senders that were held may go on. */
  readonly #onWritten = (): void => {
    if (this.#stalled === undefined || this.#socket.bufferedAmount > this.#limits.buffered / 2) return;
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    this.safeDispatchEvent('drain');
  };

  readonly #cut = (): void => {
    this.abort(new Error('it does not read what is sent to it'));
  };

  override sendReset(): void {
    this.#socket.terminate();
  }

  override sendClose(): Promise<void> {
    this.#socket.close();
    setTimeout(() => {
      this.#socket.terminate();
    }, this.#limits.closeMs).unref();
    return Promise.resolve();
  }

  override sendPause(): void {
    this.#socket.pause();
  }

  override sendResume(): void {
    this.#socket.resume();
  }
}
