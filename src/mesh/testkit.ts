/** A mesh in memory, for tests of the protocols that stand on one: asynchronous, bounded, and it can fail. */
import { publicKeyOf, sha256, utf8 } from '../crypto';
import { MeshError } from './errors';
import { peerIdOf } from './peer-id';
import type { Judgement, Mesh, MeshPeer, MeshStream, TopicMessage } from './types';

export interface MemoryMeshOptions {
  /** Peer ids; made from the seeds of {@link testSeed} otherwise. */
  peers?: readonly string[];
  /** Unread bytes of one direction past which a write waits. */
  windowBytes?: number;
  /** The reader gets pieces of at most so many bytes, whatever was written together or apart. */
  pieceBytes?: number;
  relayed?: boolean;
}

/** Seed of the i-th peer's key. */
export const testSeed = (i: number): Uint8Array<ArrayBuffer> => sha256(utf8(`peer ${i}`));

/** `count` nodes that all reach each other. */
export function memoryMesh(count: number, options: MemoryMeshOptions = {}): MemoryNode[] {
  const net = new MemoryNet(options);
  const peers = options.peers ?? Array.from({ length: count }, (_, i) => peerIdOf(publicKeyOf(testSeed(i))));
  return peers.map((peer) => net.add(peer));
}

/** What joins the nodes; for tests that cut and mend it. */
export class MemoryNet {
  readonly options: Required<Omit<MemoryMeshOptions, 'peers'>>;
  readonly nodes = new Map<string, MemoryNode>();
  readonly streams = new Set<MemoryStream>();
  readonly #cut = new Set<string>();

  constructor({ windowBytes = 64 * 1024, pieceBytes = 16_381, relayed = false }: MemoryMeshOptions = {}) {
    this.options = { windowBytes, pieceBytes, relayed };
  }

  add(peer: string): MemoryNode {
    const node = new MemoryNode(this, peer);
    this.nodes.set(peer, node);
    this.changed();
    return node;
  }

  /** Takes a node off the mesh: its streams are reset, and nobody reaches it until {@link join}. */
  leave(peer: string): void {
    for (const other of this.nodes.keys()) this.cut(peer, other);
  }

  join(peer: string): void {
    for (const other of this.nodes.keys()) this.mend(peer, other);
  }

  cut(a: string, b: string): void {
    this.#cut.add(pair(a, b));
    for (const stream of [...this.streams]) if (pair(stream.peer, stream.self) === pair(a, b)) stream.reset();
    this.changed();
  }

  mend(a: string, b: string): void {
    this.#cut.delete(pair(a, b));
    this.changed();
  }

  reaches(a: string, b: string): boolean {
    const [from, to] = [this.nodes.get(a), this.nodes.get(b)];
    if (!from || !to || a === b || from.closed || to.closed || this.#cut.has(pair(a, b))) return false;
    return !from.dropped.has(b) && !to.dropped.has(a);
  }

  changed(): void {
    for (const node of this.nodes.values()) node.tell();
  }
}

const pair = (a: string, b: string): string => [a, b].sort().join(' ');

interface Subscription {
  listen: (message: TopicMessage) => void;
  judge: (message: TopicMessage) => Judgement;
}

export class MemoryNode implements Mesh {
  readonly net: MemoryNet;
  readonly self: string;
  /** Peers that were dropped here, each with the reason. */
  readonly dropped = new Map<string, string>();
  /** What became of every message on a topic, in order. */
  readonly judged: Judgement[] = [];
  closed = false;
  readonly #protocols = new Map<string, (stream: MeshStream) => void | Promise<void>>();
  readonly #topics = new Map<string, Set<Subscription>>();
  readonly #listeners = new Set<() => void>();

  constructor(net: MemoryNet, self: string) {
    this.net = net;
    this.self = self;
  }

  handle(protocol: string, serve: (stream: MeshStream) => void | Promise<void>): () => void {
    if (this.#protocols.has(protocol)) throw new TypeError(`${protocol} is served already`);
    this.#protocols.set(protocol, serve);
    return () => void this.#protocols.delete(protocol);
  }

  async open(peer: string, protocol: string, options: { signal?: AbortSignal } = {}): Promise<MeshStream> {
    await turn();
    if (options.signal?.aborted || !this.net.reaches(this.self, peer)) {
      throw new MeshError('unreachable', 'there is no way to the peer');
    }
    const other = this.net.nodes.get(peer)!;
    const serve = other.#protocols.get(protocol);
    if (!serve) throw new MeshError('protocol_refused', `the peer does not speak ${protocol}`);
    const [here, there] = MemoryStream.pair(this.net, this.self, peer);
    // As a libp2p handler's, its throw ends its own stream and nothing else.
    void (async () => serve(there))().catch(() => there.reset());
    return here;
  }

  async publish(topic: string, bytes: Uint8Array): Promise<number> {
    await turn();
    let reached = 0;
    for (const node of this.net.nodes.values()) {
      if (!this.net.reaches(this.self, node.self) || !node.#topics.has(topic)) continue;
      reached++;
      node.receive(topic, { from: this.self, bytes: bytes.slice() });
    }
    return reached;
  }

  /** A message as it would come from the mesh: also for what no honest peer sends. */
  receive(topic: string, message: TopicMessage): Judgement[] {
    return [...(this.#topics.get(topic) ?? [])].map(({ judge, listen }) => {
      const judgement = judge(message);
      this.judged.push(judgement);
      if (judgement === 'accept') listen(message);
      return judgement;
    });
  }

  subscribe(topic: string, listen: Subscription['listen'], judge: Subscription['judge']): () => void {
    const all = this.#topics.get(topic) ?? new Set();
    const one = { listen, judge };
    this.#topics.set(topic, all.add(one));
    return () => {
      all.delete(one);
      if (all.size === 0 && this.#topics.get(topic) === all) this.#topics.delete(topic);
    };
  }

  topics(): string[] {
    return [...this.#topics.keys()];
  }

  peers(): MeshPeer[] {
    const link = this.net.options.relayed ? 'relayed' : 'direct';
    return [...this.net.nodes.keys()]
      .filter((peer) => peer !== this.self)
      .map((peer) => ({
        peer,
        link: this.net.reaches(this.self, peer) ? link : 'none',
        rttMs: null,
        bytesIn: 0,
        bytesOut: 0,
      }));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async drop(peer: string, reason: string): Promise<void> {
    this.dropped.set(peer, reason);
    for (const stream of [...this.net.streams])
      if (pair(stream.peer, stream.self) === pair(this.self, peer)) stream.reset();
    this.net.changed();
    await turn();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stream of [...this.net.streams]) if (stream.self === this.self) stream.reset();
    this.net.changed();
    await turn();
  }
}

const turn = (): Promise<void> => Promise.resolve();

/** One end. Bytes wait at the reader's end; who writes has as much credit as the reader's window has room. */
class MemoryStream implements MeshStream {
  readonly self: string;
  readonly peer: string;
  readonly relayed: boolean;
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #net: MemoryNet;
  #other!: MemoryStream;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  /** The other side closed its writing, and we ours. */
  #ended = false;
  #closed = false;
  #broken = false;
  #wake: (() => void)[] = [];

  private constructor(net: MemoryNet, self: string, peer: string) {
    this.#net = net;
    this.self = self;
    this.peer = peer;
    this.relayed = net.options.relayed;
    this.incoming = this.#read();
    net.streams.add(this);
  }

  static pair(net: MemoryNet, a: string, b: string): [MemoryStream, MemoryStream] {
    const [here, there] = [new MemoryStream(net, a, b), new MemoryStream(net, b, a)];
    here.#other = there;
    there.#other = here;
    return [here, there];
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new MeshError('stream_reset', 'this end of the stream was closed');
    await turn();
    this.#check();
    const other = this.#other;
    other.#unread.push(bytes);
    other.#unreadBytes += bytes.length;
    other.#stir();
    while (other.#unreadBytes > this.#net.options.windowBytes) {
      await this.#woken();
      this.#check();
    }
  }

  async close(): Promise<void> {
    await turn();
    this.#closed = true;
    this.#other.#ended = true;
    this.#other.#stir();
    this.#forget();
  }

  reset(): void {
    for (const end of [this, this.#other]) {
      end.#broken = true;
      end.#unread = [];
      end.#unreadBytes = 0;
      end.#stir();
      this.#net.streams.delete(end);
    }
  }

  async *#read(): AsyncIterable<Uint8Array> {
    for (;;) {
      this.#check();
      const piece = this.#take();
      if (piece) {
        this.#other.#stir();
        yield piece;
      } else if (this.#ended) {
        return;
      } else {
        await this.#woken();
      }
    }
  }

  /** The next piece, whose borders are not those of what was written. */
  #take(): Uint8Array | undefined {
    const most = this.#net.options.pieceBytes;
    const piece = new Uint8Array(Math.min(most, this.#unreadBytes));
    if (piece.length === 0) {
      this.#unread = [];
      return undefined;
    }
    for (let at = 0; at < piece.length;) {
      const first = this.#unread.shift()!;
      const part = first.subarray(0, piece.length - at);
      piece.set(part, at);
      at += part.length;
      if (part.length < first.length) this.#unread.unshift(first.subarray(part.length));
    }
    this.#unreadBytes -= piece.length;
    return piece;
  }

  #check(): void {
    if (this.#broken) throw new MeshError('stream_reset', 'the stream was reset');
  }

  #forget(): void {
    if (this.#ended && this.#closed) for (const end of [this, this.#other]) this.#net.streams.delete(end);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #stir(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
