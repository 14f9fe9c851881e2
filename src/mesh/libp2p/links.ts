import type { GossipSub } from '@libp2p/gossipsub';
import type { Identify } from '@libp2p/identify';
import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import type { Schedule } from '../schedule';
import type { Relays } from './relays';
import { isRelayed } from './stream';

export type MeshNode = Libp2p<{ identify: Identify; pubsub: GossipSub }>;

export interface LinkOptions {
  node: MeshNode;
  relays: Relays;
  /** Peers that are there now, by some relay's word. */
  find: () => Promise<string[]>;
  /** Whether we want to be linked to it. */
  admits: (peer: string) => boolean;
  /** Whether this realm can link directly at all. */
  direct: boolean;
  schedule: Schedule;
}

/** What webRTC's signalling speaks over a circuit; who does not can be reached over a relay only. */
const SIGNALING = '/webrtc-signaling/0.0.1';
/** Streams that move to a direct link by themselves, or end at once. */
const HOUSEKEEPING = /^\/(meshsub|floodsub|ipfs|libp2p)\//;

/**
 * Links among members: over a relay first, and directly as soon as that is possible. Of two peers the one with the lower
 * id makes their direct link, so that there is one; the other only sees to it that a relayed one is there to make it over.
 */
export class Links {
  readonly #options: LinkOptions;
  readonly #upgrades = new Map<string, Promise<void>>();
  /** Not before then is a direct link tried again, by the number of checks. */
  readonly #resting = new Map<string, number>();
  #checks = 0;
  #pace: number = MESH_LIMITS.linkHurryMs;
  #checking = false;
  #again = false;
  #cancel = (): void => undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { node } = options;
    node.addEventListener('peer:identify', ({ detail }) => this.#identified(detail));
    node.addEventListener('connection:close', ({ detail }) => this.#left(detail));
    this.check();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** Looks now who is there and lacks a link; does so again and again by itself. */
  check(): void {
    this.#again = true;
    if (this.#checking || this.#closed) return;
    this.#cancel();
    this.#checking = true;
    void this.#round().finally(() => {
      this.#checking = false;
      if (this.#closed) return;
      this.#cancel = this.#options.schedule(() => this.check(), this.#pace);
      this.#pace = Math.min(2 * this.#pace, MESH_LIMITS.linkCheckMs);
    });
  }

  /** Something has changed for the better: what waits is tried at once, and checks are frequent for a while. */
  hurry(): void {
    this.#pace = MESH_LIMITS.linkHurryMs;
    this.#resting.clear();
    this.check();
  }

  /** The best open connection to a peer: direct before relayed, and over a relay that stays before one that stops. */
  best(peer: string): Connection | undefined {
    const { node, relays } = this.#options;
    const open = node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open');
    const direct = open.find((connection) => !isRelayed(connection));
    return direct ?? open.find((connection) => !relays.isLeaving(connection)) ?? open[0];
  }

  /** @throws MeshError `unreachable` */
  async reach(
    peer: string,
    { signal, direct = false }: { signal?: AbortSignal; direct?: boolean },
  ): Promise<Connection> {
    const found = this.best(peer);
    if (found && !(direct && isRelayed(found))) return found;
    const relayed = found ?? (await this.#dial(peer, signal ? { signal } : {}));
    if (!direct || !isRelayed(relayed)) return relayed;
    await this.#upgraded(peer, signal);
    return this.best(peer)!;
  }

  async #round(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#checks += 1;
      for (const connection of this.#options.node.getConnections()) this.#review(connection);
      await this.#move();
      const { find, admits } = this.#options;
      const there = (await find()).filter((peer) => admits(peer) && !this.best(peer));
      // The lower id dials; the other gives it one round to do so.
      const [ours, theirs] = [
        there.filter((peer) => this.#isLower(peer)),
        there.filter((peer) => !this.#isLower(peer)),
      ];
      await this.#fill(this.#checks % 2 === 0 ? [...ours, ...theirs] : ours);
    }
  }

  /** Away from relays that are about to stop: links over them are made anew over others, and closed when nobody uses them. */
  async #move(): Promise<void> {
    const { node, relays } = this.#options;
    const leaving = node.getConnections().filter((connection) => relays.isLeaving(connection));
    for (const { remotePeer } of leaving) {
      const peer = remotePeer.toString();
      // As when it fills: the other one dials, if it does not in its round.
      const isOurs = this.#isLower(peer) || this.#checks % 2 === 0;
      if (isOurs && relays.isLeaving(this.best(peer)!)) await this.#dial(peer, { anew: true }).catch(() => undefined);
    }
    const stay = relays.connections().length > 0;
    for (const connection of leaving) {
      const isLast = relays.isLeaving(this.best(connection.remotePeer.toString())!);
      if (!(stay && isLast)) this.#closeUnused(connection);
    }
    relays.letGo();
  }

  async #fill(peers: readonly string[]): Promise<void> {
    for (const peer of peers) {
      if (this.#closed || this.#linked() >= MESH_LIMITS.links) return;
      if (!this.best(peer)) await this.#dial(peer).catch(() => undefined);
    }
  }

  #linked(): number {
    const peers = this.#options.node.getPeers().map(String);
    return peers.filter((peer) => this.#options.admits(peer)).length - this.#options.relays.connections().length;
  }

  #isLower(peer: string): boolean {
    return this.#options.node.peerId.toString() < peer;
  }

  /** `anew`: although there is a connection already. */
  async #dial(
    peer: string,
    { signal, anew = false }: { signal?: AbortSignal; anew?: boolean } = {},
  ): Promise<Connection> {
    const { node, relays } = this.#options;
    const circuits = relays.circuitsTo(peer);
    const limit = AbortSignal.timeout(MESH_LIMITS.dialMs);
    try {
      if (circuits.length === 0) throw new Error('no relay is connected');
      return await node.dial(circuits, { force: anew, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    } catch (cause) {
      // It may have dialled us meanwhile.
      const found = this.best(peer);
      if (found) return found;
      throw unreachable('no relay leads to the peer', cause);
    }
  }

  #identified({ connection, protocols, peerId }: IdentifyResult): void {
    const peer = peerId.toString();
    const { node, direct } = this.#options;
    if (!isRelayed(connection)) for (const other of node.getConnections(peerId)) this.#review(other);
    else if (direct && protocols.includes(SIGNALING) && this.#isLower(peer)) void this.#upgrade(peer);
  }

  /** One at a time for a peer; never rejects. */
  #upgrade(peer: string): Promise<void> {
    let upgrade = this.#upgrades.get(peer);
    if (!upgrade) {
      upgrade = this.#tryDirect(peer).finally(() => this.#upgrades.delete(peer));
      this.#upgrades.set(peer, upgrade);
    }
    return upgrade;
  }

  async #tryDirect(peer: string): Promise<void> {
    const { node, relays } = this.#options;
    for (let tries = 0; tries < MESH_LIMITS.directTries && !this.#closed; tries++) {
      const best = this.best(peer);
      if (best && !isRelayed(best)) return;
      const ways = relays
        .circuitsTo(peer)
        .map((way) => way.decapsulate('/p2p/' + peer).encapsulate(`/webrtc/p2p/${peer}`));
      if (ways.length === 0) return;
      try {
        await node.dial(ways, { force: true, signal: AbortSignal.timeout(MESH_LIMITS.directMs) });
        return;
      } catch {
        // About one in ten fails by a race within libp2p, and the next one works.
      }
    }
    const pause = Math.ceil(MESH_LIMITS.directPauseMs / MESH_LIMITS.linkCheckMs);
    this.#resting.set(peer, this.#checks + pause);
  }

  /** @throws MeshError `unreachable` when there is no direct link in time */
  async #upgraded(peer: string, signal?: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(MESH_LIMITS.directMs);
    const over = signal ? AbortSignal.any([signal, limit]) : limit;
    const { node } = this.#options;
    if (this.#options.direct && this.#isLower(peer)) void this.#upgrade(peer);
    await new Promise<void>((resolve, reject) => {
      const listening = new AbortController();
      const look = (): void => {
        const best = this.best(peer);
        const isDirect = best && !isRelayed(best);
        if (!isDirect && !over.aborted) return;
        listening.abort();
        if (isDirect) resolve();
        else reject(unreachable('there is no direct way to the peer', over.reason));
      };
      node.addEventListener('connection:open', look, listening);
      over.addEventListener('abort', look, listening);
      look();
    });
  }

  /** What a connection lacks, or whether it is needed no more. */
  #review(connection: Connection): void {
    const { node, direct, relays } = this.#options;
    const peer = connection.remotePeer.toString();
    if (!isRelayed(connection) || relays.isRelay(connection.remotePeer)) return;
    const best = this.best(peer)!;
    if (isRelayed(best)) {
      if (!direct || !this.#isLower(peer) || (this.#resting.get(peer) ?? 0) > this.#checks) return;
      void node.peerStore.get(connection.remotePeer).then(
        ({ protocols }) => (protocols.includes(SIGNALING) ? this.#upgrade(peer) : undefined),
        () => undefined,
      );
    } else this.#closeUnused(connection);
  }

  /** Unless somebody's stream is still on it. */
  #closeUnused(connection: Connection): void {
    if (!connection.streams.every(({ protocol }) => HOUSEKEEPING.test(protocol))) return;
    void connection.close().catch(() => connection.abort(new Error('it is not needed any more')));
  }

  /** Gossip keeps one stream a peer, on the connection that came first: it is moved to one that is still there. */
  #left({ remotePeer }: Connection): void {
    const { node, relays } = this.#options;
    if (this.#closed || relays.isRelay(remotePeer)) return;
    const rest = this.best(remotePeer.toString());
    if (rest) void node.services.identify.identify(rest).catch(() => undefined);
    else this.check();
  }
}

const unreachable = (message: string, cause: unknown): MeshError =>
  new MeshError('unreachable', message, { cause, advice: 'Check that the other device is online, then try again.' });
