/**
 * WebRTC as a tab lends it to the node's worker, which has none of its own: what crosses the port between the stand-in
 * (src/mesh/rtc) and the real thing (src/host/rtc). Each message is a batch, so that a burst costs one crossing.
 */

import { MESH_LIMITS } from '../protocol/mesh-limits';

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

/** Runs tasks of this thread one after the other, each soon and after what waits already, until it is closed. */
export class Turns {
  readonly #channel = new MessageChannel();
  readonly #tasks: (() => void)[] = [];

  constructor() {
    this.#channel.port1.onmessage = () => this.#tasks.shift()?.();
  }

  add(task: () => void): void {
    this.#tasks.push(task);
    this.#channel.port2.postMessage(null);
  }

  /** What waits is left out. */
  close(): void {
    this.#channel.port1.close();
  }
}

/**
 * Collects what is posted in one turn into one message. Until there is a port, it waits. What comes alone crosses at the
 * end of its own work. What comes soon after a crossing is a burst: after it a turn is waited for, and what comes before
 * that is over crosses together.
 */
export class Batch<T> {
  readonly #turns: Turns;
  #port: MessagePort | undefined;
  #items: T[] = [];
  #transfer: ArrayBuffer[] = [];
  #scheduled = false;
  #crossedAt = -Infinity;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  start(port: MessagePort): void {
    this.#port = port;
    this.#schedule();
  }

  /** @param bytes that belong to it: unusable here afterwards */
  push(item: T, bytes?: ArrayBuffer): void {
    this.#items.push(item);
    if (bytes && bytes.byteLength > MESH_LIMITS.rtcCopyBytes) this.#transfer.push(bytes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#port || this.#items.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#cross());
  }

  #cross(): void {
    const [items, transfer] = [this.#items, this.#transfer];
    this.#items = [];
    this.#transfer = [];
    const now = performance.now();
    this.#scheduled = now - this.#crossedAt < MESH_LIMITS.rtcBurstMs;
    this.#crossedAt = now;
    if (this.#scheduled) this.#turns.add(() => this.#turn());
    this.#port?.postMessage(items, transfer);
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#items.length > 0) this.#cross();
  }
}

/** A batch that came over the port: what is none of ours is left out. */
export function parseBatch<T extends { type: string }>(data: unknown): T[] {
  if (!Array.isArray(data)) return [];
  return data.filter((item): item is T => typeof item === 'object' && item !== null && 'type' in item);
}
