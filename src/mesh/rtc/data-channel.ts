import { concat } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { FromTab } from '../lend';
import { closedError, Handlers, type Handler } from './handlers';
import type { TabLink } from './tab-link';

type Said = Exclude<Extract<FromTab, { channel: number }>, { connection: number }>;

const { rtcMessageBytes, rtcSlackBytes } = MESH_LIMITS;

/**
 * Stands in for RTCDataChannel: as much of it as libp2p uses, to which a channel is a stream of bytes. What is sent in one
 * turn, such as a length and what has that length, crosses and travels as one message.
 */
export class StandInChannel extends Handlers {
  onopen: Handler = null;
  onmessage: Handler = null;
  onbufferedamountlow: Handler = null;
  onerror: Handler = null;
  onclosing: Handler = null;
  onclose: Handler = null;
  readonly label: string;
  readonly protocol = '';
  readonly ordered = true;
  id: number | null;
  binaryType = 'arraybuffer';
  bufferedAmountLowThreshold = 0;
  readyState: 'connecting' | 'open' | 'closing' | 'closed';
  readonly #link: TabLink;
  readonly #name: number;
  /** What this turn has sent. */
  #turn: Uint8Array<ArrayBuffer>[] = [];
  #turnBytes = 0;
  /** Sent, and not yet with the real channel for all we know. */
  #crossing = 0;
  /** With the real channel when it last said. */
  #buffered = 0;
  #heldClose = false;

  constructor(link: TabLink, name: number, { label, id }: { label: string; id: number | null }, open: boolean) {
    super();
    this.#link = link;
    this.#name = name;
    this.label = label;
    this.id = id;
    this.readyState = open ? 'open' : 'connecting';
    link.channels.set(name, this);
  }

  /**
   * What was sent and has not left the machine, so that the sender waits for the slowest part of the way. A little is not
   * counted: the tab tells of what it sent in steps, not of each message.
   */
  get bufferedAmount(): number {
    return Math.max(0, this.#crossing + this.#buffered - rtcSlackBytes);
  }

  send(data: ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== 'open') throw closedError('the channel');
    // A copy: views are of larger buffers, which would cross whole; and what crosses is gone from here.
    const bytes = (
      ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
    ).slice();
    this.#crossing += bytes.length;
    if (this.#turnBytes + bytes.length > rtcMessageBytes) this.#flush();
    if (this.#turn.push(bytes) === 1) queueMicrotask(() => this.#flush());
    this.#turnBytes += bytes.length;
  }

  close(): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') return;
    this.#flush();
    this.readyState = 'closing';
    if (this.#heldClose) setTimeout(() => this.end(), 0);
    else this.#link.post({ type: 'shut', channel: this.#name });
  }

  hear(said: Said): void {
    switch (said.type) {
      case 'opened':
        return this.#opened(said.id);
      case 'message':
        return this.fire(new MessageEvent('message', { data: said.data }));
      case 'sent':
        return this.#sent(said.bytes, said.buffered);
      case 'closing':
        if (this.#hold() || this.readyState === 'closed') return;
        this.readyState = 'closing';
        return this.fire(new Event('closing'));
      case 'closed':
        if (!this.#hold()) this.end();
        return;
      case 'broken':
        return this.fire(Object.assign(new Event('error'), { error: new Error(said.message) }));
    }
  }

  /** It is over; told once. */
  end(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.#link.channels.delete(this.#name);
    this.fire(new Event('close'));
  }

  #flush(): void {
    if (this.#turn.length === 0) return;
    const data = (this.#turn.length === 1 ? this.#turn[0]! : concat(...this.#turn)).buffer;
    this.#turn = [];
    this.#turnBytes = 0;
    this.#link.post({ type: 'send', channel: this.#name, data }, data);
  }

  #opened(id: number | null): void {
    if (this.readyState !== 'connecting') return;
    this.id = id;
    this.readyState = 'open';
    this.fire(new Event('open'));
  }

  #sent(bytes: number, buffered: number): void {
    const before = this.bufferedAmount;
    this.#crossing -= bytes;
    this.#buffered = buffered;
    const low = this.bufferedAmountLowThreshold;
    if (before > low && this.bufferedAmount <= low) this.fire(new Event('bufferedamountlow'));
  }

  /**
   * The called side closes the caller's channel `init` at once. When @libp2p/webrtc 6.0 hears that before 'connected', it
   * waits for an 'open' that has been and the dial fails, one in ten in a plain window too. So the end of our `init` is
   * kept until libp2p ends it itself.
   */
  #hold(): boolean {
    this.#heldClose ||= this.label === 'init' && this.#name > 0 && this.readyState === 'open';
    return this.#heldClose && this.readyState === 'open';
  }
}
