/** One WebRTC connection between two devices that exchanged codes: it carries a channel for each life of the mesh. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import type { Schedule } from '../schedule';
import { factsOfSdp, sdpOf, type IceFacts } from './ice';

/** As much of RTCPeerConnection and RTCDataChannel as is needed; what a tab lends has it too. */
export interface RtcConnection extends EventTarget {
  readonly connectionState: string;
  readonly iceGatheringState: string;
  readonly localDescription: { sdp: string } | null;
  createDataChannel(label: string): RtcChannel;
  createOffer(): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: Description): Promise<void>;
  close(): void;
}
interface Description {
  type: string;
  sdp: string;
}
export interface RtcChannel extends EventTarget {
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

const LABEL = 'sovereign';

export class NearbyLink {
  /** Whether this side opens the channels: the one that offered. */
  readonly opens: boolean;
  /** 32 bytes, known to both devices alone. */
  readonly key: Uint8Array;
  /** Peer id of the other device; of one that offered, known with the answer. */
  peer: string;
  /** Resolves when nothing goes over it any more, and nothing will. */
  readonly over: Promise<void>;
  readonly #connection: RtcConnection;
  /** An offer says that there will be channels only when there is one. */
  #first: RtcChannel | undefined;
  #listener: ((channel: RtcChannel) => void) | undefined;
  #end = (): void => undefined;
  #isOver = false;

  private constructor(connection: RtcConnection, opens: boolean, { key, peer }: { key: Uint8Array; peer: string }) {
    this.#connection = connection;
    this.opens = opens;
    this.key = key;
    this.peer = peer;
    this.over = new Promise((resolve) => (this.#end = resolve));
    connection.addEventListener('connectionstatechange', () => {
      if (['failed', 'closed'].includes(connection.connectionState)) this.close();
    });
    connection.addEventListener('datachannel', (event) => {
      const { channel } = event as Event & { channel: RtcChannel };
      // While the mesh is not open the other side is sent away, and comes again.
      if (this.#listener) this.#listener(channel);
      else channel.close();
    });
  }

  /** @throws MeshError `unreachable` where there is no network */
  static async offer(
    connection: RtcConnection,
    key: Uint8Array,
    schedule: Schedule,
  ): Promise<{ link: NearbyLink; ice: IceFacts }> {
    const link = new NearbyLink(connection, true, { key, peer: '' });
    return link.#begun(async () => {
      link.#first = connection.createDataChannel(LABEL);
      await connection.setLocalDescription(await connection.createOffer());
    }, schedule);
  }

  /** @throws MeshError `unreachable` where there is no network, `invitation_malformed` for facts that no browser takes */
  static async answer(
    connection: RtcConnection,
    other: { key: Uint8Array; peer: string; ice: IceFacts },
    schedule: Schedule,
  ): Promise<{ link: NearbyLink; ice: IceFacts }> {
    const link = new NearbyLink(connection, false, other);
    return link.#begun(async () => {
      await link.#hear(other.ice, 'offer');
      await connection.setLocalDescription(await connection.createAnswer());
    }, schedule);
  }

  /** The offer was answered. @throws MeshError `invitation_malformed` */
  async accept(peer: string, ice: IceFacts): Promise<void> {
    this.peer = peer;
    await this.#hear(ice, 'answer');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Told of channels that the other side opens; one listener at a time. */
  onChannel(listener: (channel: RtcChannel) => void): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener === listener) this.#listener = undefined;
    };
  }

  /** An open channel. @throws MeshError `unreachable` */
  async open(signal: AbortSignal): Promise<RtcChannel> {
    const channel = this.#first ?? this.#connection.createDataChannel(LABEL);
    this.#first = undefined;
    if (channel.readyState !== 'open') await until(channel, 'open', signal);
    return channel;
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.close();
    this.#end();
  }

  async #begun(begin: () => Promise<void>, schedule: Schedule): Promise<{ link: NearbyLink; ice: IceFacts }> {
    try {
      await begin();
      await gathered(this.#connection, schedule);
      return { link: this, ice: factsOfSdp(this.#connection.localDescription?.sdp ?? '') };
    } catch (error) {
      this.close();
      throw error instanceof MeshError ? error : unreachable('A link could not be prepared.', error);
    }
  }

  async #hear(ice: IceFacts, type: 'offer' | 'answer'): Promise<void> {
    try {
      await this.#connection.setRemoteDescription({ type, sdp: sdpOf(ice, type) });
    } catch (cause) {
      throw new MeshError('invitation_malformed', 'This browser does not take that code.', { cause });
    }
  }
}

/** Resolves when all places are known; when that takes long, with those that are. */
function gathered(connection: RtcConnection, schedule: Schedule): Promise<void> {
  return new Promise((resolve) => {
    const cancel = schedule(resolve, MESH_LIMITS.nearbyGatherMs);
    const look = (): void => {
      if (connection.iceGatheringState !== 'complete') return;
      cancel();
      resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
}

function until(channel: RtcChannel, type: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const end = (settle: () => void) => (): void => {
      listening.abort();
      settle();
    };
    const failed = end(() => reject(unreachable('The other device was not reached.')));
    channel.addEventListener(type, end(resolve), listening);
    channel.addEventListener('close', failed, listening);
    signal.addEventListener('abort', failed, listening);
    if (signal.aborted) failed();
  });
}

const unreachable = (message: string, cause?: unknown): MeshError =>
  new MeshError('unreachable', message, {
    ...(cause === undefined ? {} : { cause }),
    advice: 'Check that both devices are on one network.',
  });
