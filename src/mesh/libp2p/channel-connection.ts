import type { AbstractMultiaddrConnectionInit, SendResult } from '@libp2p/utils';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import type { RtcChannel } from '../nearby';

/** One message: what every browser sends in a piece (RFC 8831, 6.6). */
const MESSAGE_BYTES = 16_384;
/** What may wait in the channel before its writer does, and where it goes on. */
const HIGH_BYTES = 1_048_576;
const LOW_BYTES = 262_144;

type Sent = Parameters<AbstractMultiaddrConnection['sendData']>[0];

/** A data channel as libp2p takes a raw connection. The channel is open, and nobody else's. */
export class ChannelConnection extends AbstractMultiaddrConnection {
  readonly #channel: RtcChannel;

  constructor(channel: RtcChannel, init: Pick<AbstractMultiaddrConnectionInit, 'remoteAddr' | 'direction' | 'log'>) {
    super({ ...init, maxMessageSize: MESSAGE_BYTES });
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW_BYTES;
    channel.addEventListener('message', (event) => {
      const { data } = event as MessageEvent<unknown>;
      if (data instanceof ArrayBuffer) this.onData(new Uint8Array(data));
      else this.abort(new TypeError('only bytes are expected on this channel'));
    });
    channel.addEventListener('bufferedamountlow', () => {
      this.onMuxerDrain();
    });
    channel.addEventListener('close', () => {
      this.onTransportClosed();
    });
  }

  override sendData(data: Sent): SendResult {
    this.#channel.send(data.slice());
    return { sentBytes: data.byteLength, canSendMore: this.#channel.bufferedAmount < HIGH_BYTES };
  }

  override async sendClose(): Promise<void> {
    this.#channel.close();
    await Promise.resolve();
  }

  override sendReset(): void {
    this.#channel.close();
  }

  /** A channel cannot be told to wait: what comes is kept, up to libp2p's own bound. */
  override sendPause(): void {
    return;
  }

  override sendResume(): void {
    return;
  }
}
