import type { Batch, FromTab } from '../../mesh/lend';

/** The real data channels of a tab, by the names that the port knows them by. */
export class TabChannels {
  readonly #out: Batch<FromTab>;
  readonly #channels = new Map<number, RTCDataChannel>();
  /** Bytes handed to channels since that was last told. */
  readonly #sent = new Map<number, number>();
  /** Channels of the other side are named downwards. */
  #names = 0;

  constructor(out: Batch<FromTab>) {
    this.#out = out;
  }

  /** @param ended told when it closed; that is told over the port after it resolved */
  open(name: number, create: () => RTCDataChannel | undefined, ended: () => Promise<void>): void {
    try {
      const channel = create();
      if (!channel) throw new DOMException('the connection is gone', 'InvalidStateError');
      this.#bind(name, channel, ended);
    } catch (error) {
      this.#broken(name, error);
      this.#out.push({ type: 'closed', channel: name });
    }
  }

  /** For a channel of the other side. @returns its name */
  adopt(channel: RTCDataChannel, ended: () => Promise<void>): number {
    this.#names -= 1;
    this.#bind(this.#names, channel, ended);
    return this.#names;
  }

  send(name: number, data: ArrayBuffer): void {
    const channel = this.#channels.get(name);
    if (!channel) return;
    this.#sent.set(name, (this.#sent.get(name) ?? 0) + data.byteLength);
    try {
      channel.send(data);
    } catch (error) {
      this.#broken(name, error);
    }
  }

  shut(name: number): void {
    this.#channels.get(name)?.close();
  }

  /** Once after each batch: what its sender may send anew. */
  tellSent(): void {
    for (const [channel, bytes] of this.#sent) {
      const buffered = this.#channels.get(channel)?.bufferedAmount ?? 0;
      this.#out.push({ type: 'sent', channel, bytes, buffered });
    }
    this.#sent.clear();
  }

  #bind(name: number, channel: RTCDataChannel, ended: () => Promise<void>): void {
    this.#channels.set(name, channel);
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    channel.onopen = () => this.#out.push({ type: 'opened', channel: name, id: channel.id });
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) =>
      this.#out.push({ type: 'message', channel: name, data }, data);
    channel.onbufferedamountlow = () =>
      this.#out.push({ type: 'sent', channel: name, bytes: 0, buffered: channel.bufferedAmount });
    channel.onerror = ({ error }) => this.#broken(name, error);
    channel.onclosing = () => this.#out.push({ type: 'closing', channel: name });
    channel.onclose = () => {
      this.#channels.delete(name);
      void ended().then(() => this.#out.push({ type: 'closed', channel: name }));
    };
  }

  #broken(channel: number, error: unknown): void {
    this.#out.push({ type: 'broken', channel, message: error instanceof Error ? error.message : String(error) });
  }
}
