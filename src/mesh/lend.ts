/**
 * WebRTC as a tab lends it to the node's worker, which has none of its own: what crosses the port between the stand-in
 * (src/mesh/rtc) and the real thing (src/host/rtc). Each message is a batch, so that a burst costs one crossing.
 */

/** As in RTCSessionDescription and RTCIceCandidate: their JSON. */
export interface Description {
  type: string;
  sdp: string;
}
export type Candidate = Record<string, string | number | null | undefined>;

/** What a connection says of itself. `connectionState` moves only with its event, as in a browser. */
export interface ConnectionFacts {
  connectionState: string;
  iceConnectionState: string;
  iceGatheringState: string;
  signalingState: string;
  localDescription: Description | null;
  remoteDescription: Description | null;
}

export const CALLS = [
  'createOffer',
  'createAnswer',
  'setLocalDescription',
  'setRemoteDescription',
  'addIceCandidate',
  'getStats',
] as const;
export type Call = (typeof CALLS)[number];

export const STATE_EVENTS = [
  'connectionstatechange',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'signalingstatechange',
  'negotiationneeded',
] as const;
export type StateEvent = (typeof STATE_EVENTS)[number];

/** Numbers name connections, channels and calls. Those that the tab names (channels of the other side) are negative. */
export type ToTab =
  | { type: 'connect'; connection: number; iceServers: { urls: string[] }[] }
  | { type: 'call'; connection: number; call: number; method: Call; argument?: Description | Candidate }
  | { type: 'close'; connection: number }
  | { type: 'open'; connection: number; channel: number; label: string }
  | { type: 'send'; channel: number; data: ArrayBuffer }
  | { type: 'shut'; channel: number };

export type FromTab =
  | { type: 'state'; connection: number; event: StateEvent; facts: ConnectionFacts }
  | { type: 'candidate'; connection: number; candidate: Candidate | null }
  /** Nothing more comes from it; its channels are gone with it. */
  | { type: 'dead'; connection: number }
  | { type: 'incoming'; connection: number; channel: number; label: string; id: number | null }
  | { type: 'answer'; call: number; result: unknown; facts: ConnectionFacts }
  | { type: 'failed'; call: number; name: string; message: string }
  | { type: 'opened'; channel: number; id: number | null }
  | { type: 'message'; channel: number; data: ArrayBuffer }
  /**
   * So many more bytes have left the port; the real channel holds `buffered` that have not left the machine. Told in
   * steps of half of `rtcSlackBytes`.
   */
  | { type: 'sent'; channel: number; bytes: number; buffered: number }
  | { type: 'closing'; channel: number }
  | { type: 'closed'; channel: number }
  | { type: 'broken'; channel: number; message: string };

/** Collects what is posted in one turn into one message. Until there is a port, it waits. */
export class Batch<T> {
  #port: MessagePort | undefined;
  #items: T[] = [];
  #transfer: Transferable[] = [];
  #scheduled = false;

  start(port: MessagePort): void {
    this.#port = port;
    this.#schedule();
  }

  /** @param transfer handed over with it: unusable here afterwards */
  push(item: T, transfer?: Transferable): void {
    this.#items.push(item);
    if (transfer) this.#transfer.push(transfer);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#port || this.#items.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      const [items, transfer] = [this.#items, this.#transfer];
      this.#items = [];
      this.#transfer = [];
      this.#scheduled = false;
      this.#port?.postMessage(items, transfer);
    });
  }
}

/** A batch that came over the port: what is none of ours is left out. */
export function parseBatch<T extends { type: string }>(data: unknown): T[] {
  if (!Array.isArray(data)) return [];
  return data.filter((item): item is T => typeof item === 'object' && item !== null && 'type' in item);
}
