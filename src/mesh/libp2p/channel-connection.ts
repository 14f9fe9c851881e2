import type { AbstractMultiaddrConnectionInit, SendResult } from '@libp2p/utils';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { RtcChannel } from '../nearby';

type Sent = Parameters<AbstractMultiaddrConnection['sendData']>[0];

/** A data channel as libp2p takes a raw connection. The channel is open, and nobody else's. */
export class ChannelConnection extends AbstractMultiaddrConnection {
  readonly #channel: RtcChannel;

  constructor(channel: RtcChannel, init: Pick<AbstractMultiaddrConnectionInit, 'remoteAddr' | 'direction' | 'log'>) {
    super({ ...init, maxMessageSize: MESH_LIMITS.rtcMessageBytes });
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = MESH_LIMITS.rtcLowBytes;
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
    return { sentBytes: data.byteLength, canSendMore: this.#channel.bufferedAmount < MESH_LIMITS.rtcHighBytes };
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
