/** What the mesh's own protocols stand on: streams to members and topics among them, whatever carries them. */

/** Where a member's frames come from and go to. Bytes are handed over: neither side may change them afterwards. */
export interface MeshStream {
  /** The other side's peer id, as text (base58btc of its Ed25519 key's identity multihash). Proven by Noise. */
  readonly peer: string;
  /** Over a relay's circuit, whose bytes and time are limited; false for a direct connection. */
  readonly relayed: boolean;
  /** Chunks as they come; ends when the other side closed its writing. @throws MeshError `stream_reset` */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written. @throws MeshError `stream_reset` */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes our writing; the other side may go on. */
  close(): Promise<void>;
  /** Ends both directions at once. */
  reset(): void;
}

export interface MeshPeer {
  peer: string;
  /** How it is reached now. */
  link: 'direct' | 'relayed' | 'none';
  /** Round trip of the last ping, milliseconds. */
  rttMs: number | null;
  bytesIn: number;
  bytesOut: number;
}

export interface TopicMessage {
  from: string;
  bytes: Uint8Array;
}

/** How a topic's message is judged before it is passed on: `reject` costs the sender, `ignore` does not. */
export type Judgement = 'accept' | 'reject' | 'ignore';

/** One node on the mesh. Its libp2p adapter is in `libp2p/`; tests of protocols may join two by memory. */
export interface Mesh {
  readonly self: string;
  /** Serves a protocol. @returns what stops that */
  handle(protocol: string, serve: (stream: MeshStream) => void | Promise<void>): () => void;
  /** @throws MeshError `unreachable` | `protocol_refused` | `not_a_member` */
  open(peer: string, protocol: string, options?: { signal?: AbortSignal; direct?: boolean }): Promise<MeshStream>;
  /** @returns to how many peers it went at once */
  publish(topic: string, bytes: Uint8Array): Promise<number>;
  subscribe(
    topic: string,
    listen: (message: TopicMessage) => void,
    judge: (message: TopicMessage) => Judgement,
  ): () => void;
  peers(): MeshPeer[];
  /** Tells that `peers()` answers otherwise than before. */
  onChange(listener: () => void): () => void;
  /** Ends every connection to a peer, and refuses it from now on, for the reason given. */
  drop(peer: string, reason: string): Promise<void>;
  close(): Promise<void>;
}
