import type { Connection } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { publicKeyOfPeer } from '../peer-id';
import type { Judgement, Mesh, MeshPeer, MeshStream, TopicMessage } from '../types';
import type { Links, MeshNode } from './links';
import type { Relays, RelayState } from './relays';
import { isRelayed, Libp2pStream } from './stream';
import { Topics } from './topics';

/** A {@link Mesh} over libp2p, with what only it can tell. */
export interface RelayedMesh extends Mesh {
  relays(): RelayState[];
  /** Something has changed for the better (a tab came, the network is back): what waits is tried at once. */
  hurry(): void;
}

interface Parts {
  node: MeshNode;
  relays: Relays;
  links: Links;
  admits: (peer: string) => boolean;
  /** Peers that are refused from now on. */
  refused: Set<string>;
  /** Tells of changes that the parts make. */
  changes: Set<() => void>;
}

export class Libp2pMesh implements RelayedMesh {
  readonly self: string;
  readonly #parts: Parts;
  readonly #topics: Topics;
  readonly #known = new Map<string, { bytesIn: number; bytesOut: number }>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { node, changes } = parts;
    this.self = node.peerId.toString();
    this.#topics = new Topics(node.services.pubsub);
    const tell = (): void => {
      for (const listener of [...changes]) listener();
    };
    node.addEventListener('connection:open', tell);
    node.addEventListener('connection:close', tell);
  }

  handle(protocol: string, serve: (stream: MeshStream) => void | Promise<void>): () => void {
    const { node } = this.#parts;
    const registered = node.handle(
      protocol,
      async (stream, connection) => {
        if (!this.#isMember(connection)) return stream.abort(new MeshError('not_a_member', 'not a member'));
        const accepted = this.#wrap(stream, connection);
        try {
          await serve(accepted);
        } catch {
          accepted.reset();
        }
      },
      { runOnLimitedConnection: true, maxInboundStreams: MESH_LIMITS.streamsPerPeer },
    );
    return () => void registered.then(() => node.unhandle(protocol)).catch(() => undefined);
  }

  async open(
    peer: string,
    protocol: string,
    options: { signal?: AbortSignal; direct?: boolean } = {},
  ): Promise<MeshStream> {
    const isRelay = this.#parts.relays.state().some((relay) => relay.peer === peer);
    if (!publicKeyOfPeer(peer) || isRelay || !this.#parts.admits(peer)) {
      throw new MeshError('not_a_member', 'this peer is no member of the mesh');
    }
    const connection = await this.#parts.links.reach(peer, options);
    try {
      return await this.#openOn(connection, protocol, options.signal);
    } catch (error) {
      const again = this.#parts.links.best(peer);
      // What looked open may have been dead already: another connection gets one chance.
      if (error instanceof MeshError || !again || again === connection) throw asMeshError(error);
      return await this.#openOn(again, protocol, options.signal).catch((second: unknown) => {
        throw asMeshError(second);
      });
    }
  }

  publish(topic: string, bytes: Uint8Array): Promise<number> {
    return this.#topics.publish(topic, bytes);
  }

  subscribe(
    topic: string,
    listen: (message: TopicMessage) => void,
    judge: (message: TopicMessage) => Judgement,
  ): () => void {
    return this.#topics.subscribe(topic, { listen, judge });
  }

  peers(): MeshPeer[] {
    const { node, links } = this.#parts;
    const members = node.getConnections().filter((connection) => this.#isMember(connection));
    for (const { remotePeer } of members) this.#counters(remotePeer.toString());
    return [...this.#known].map(([peer, counters]) => {
      const best = links.best(peer);
      const link = best ? (isRelayed(best) ? 'relayed' : 'direct') : 'none';
      return { peer, link, rttMs: best?.rtt ?? null, ...counters };
    });
  }

  onChange(listener: () => void): () => void {
    this.#parts.changes.add(listener);
    return () => void this.#parts.changes.delete(listener);
  }

  async drop(peer: string, reason: string): Promise<void> {
    this.#parts.refused.add(peer);
    const error = new MeshError('refused', reason);
    for (const connection of this.#parts.node.getConnections(peerIdFromString(peer))) connection.abort(error);
    await Promise.resolve();
  }

  relays(): RelayState[] {
    return this.#parts.relays.state();
  }

  hurry(): void {
    this.#parts.relays.hurry();
    this.#parts.links.hurry();
  }

  async close(): Promise<void> {
    this.#parts.links.close();
    this.#parts.relays.close();
    this.#parts.changes.clear();
    await this.#parts.node.stop();
  }

  async #openOn(connection: Connection, protocol: string, signal?: AbortSignal): Promise<MeshStream> {
    const limit = AbortSignal.timeout(MESH_LIMITS.dialMs);
    const stream = await connection.newStream(protocol, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      runOnLimitedConnection: true,
      maxOutboundStreams: MESH_LIMITS.streamsPerPeer,
    });
    return this.#wrap(stream, connection);
  }

  #wrap(stream: Parameters<typeof wrapped>[0], connection: Connection): Libp2pStream {
    return wrapped(stream, connection, this.#counters(connection.remotePeer.toString()));
  }

  #isMember({ remotePeer }: Connection): boolean {
    return !this.#parts.relays.isRelay(remotePeer) && this.#parts.admits(remotePeer.toString());
  }

  /** The oldest known peer makes room when there are too many. */
  #counters(peer: string): { bytesIn: number; bytesOut: number } {
    const found = this.#known.get(peer);
    if (found) return found;
    const counters = { bytesIn: 0, bytesOut: 0 };
    if (this.#known.size >= MESH_LIMITS.knownPeers) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(peer, counters);
    return counters;
  }
}

const wrapped = (
  stream: ConstructorParameters<typeof Libp2pStream>[0],
  connection: Connection,
  counters: { bytesIn: number; bytesOut: number },
): Libp2pStream =>
  new Libp2pStream(stream, connection, (inward, outward) => {
    counters.bytesIn += inward;
    counters.bytesOut += outward;
  });

function asMeshError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'UnsupportedProtocolError') {
    return new MeshError('protocol_refused', 'the peer does not speak this protocol', { cause });
  }
  if (name === 'TooManyOutboundProtocolStreamsError') {
    return new MeshError('overloaded', 'there are too many streams to the peer', { cause, advice: 'Try again later.' });
  }
  return new MeshError('unreachable', 'the peer does not answer', { cause, advice: 'Try again.' });
}
