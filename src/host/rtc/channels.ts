import type { Batch, FromTab } from '../../mesh/lend';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

/** Short of the slack, so that what was not told of is within it. */
const STEP_BYTES = MESH_LIMITS.rtcSlackBytes / 2;

interface Bound {
  channel: RTCDataChannel;
  /** Bytes handed to it since that was last told. */
  untold: number;
  /** What it held when that was last told. */
  buffered: number;
}

/** The real data channels of a tab, by the names that the port knows them by. */
export class TabChannels {
  readonly #out: Batch<FromTab>;
  readonly #channels = new Map<number, Bound>();
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
    const bound = this.#channels.get(name);
    if (!bound) return;
    bound.untold += data.byteLength;
    try {
      bound.channel.send(data);
    } catch (error) {
      this.#broken(name, error);
    }
    if (bound.untold >= STEP_BYTES) this.#tell(name, bound);
  }

  shut(name: number): void {
    this.#channels.get(name)?.channel.close();
  }

  /** What its sender may send anew. */
  #tell(name: number, bound: Bound): void {
    const bytes = bound.untold;
    bound.untold = 0;
    bound.buffered = bound.channel.bufferedAmount;
    this.#out.push({ type: 'sent', channel: name, bytes, buffered: bound.buffered });
  }

  #bind(name: number, channel: RTCDataChannel, ended: () => Promise<void>): void {
    const bound: Bound = { channel, untold: 0, buffered: 0 };
    this.#channels.set(name, bound);
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    channel.onopen = () => this.#out.push({ type: 'opened', channel: name, id: channel.id });
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) =>
      this.#out.push({ type: 'message', channel: name, data }, data);
    channel.onbufferedamountlow = () => {
      if (bound.buffered > 0) this.#tell(name, bound);
    };
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
