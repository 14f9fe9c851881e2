import type { GossipSub } from '@libp2p/gossipsub';
import type { Identify } from '@libp2p/identify';
import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import type { Schedule } from '../schedule';
import { bestOf, isOurTurn } from './choice';
import type { Relays } from './relays';
import { Retirement } from './retirement';
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
  /** How long a circuit may take to be made. */
  circuitMs: number;
}

/** What webRTC's signalling speaks over a circuit; who does not can be reached over a relay only. */
const SIGNALING = '/webrtc-signaling/0.0.1';

/**
 * Links among members: over a relay first, and directly as soon as that is possible. One of two peers makes their link,
 * so that there is one. Should there be more, both use the same, and the others end when nobody's stream is on them.
 */
export class Links {
  readonly #options: LinkOptions;
  readonly #upgrades = new Map<string, Promise<void>>();
  /** Not before then is a direct link tried again, by the number of checks. */
  readonly #resting = new Map<string, number>();
  readonly #retirement: Retirement;
  /** Relays that we have left word with. */
  readonly #asked = new WeakSet<Connection>();
  #checks = 0;
  #pace: number = MESH_LIMITS.linkHurryMs;
  #checking = false;
  #again = false;
  #cancel = (): void => undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#retirement = new Retirement(options.schedule);
    const { node } = options;
    node.addEventListener('peer:identify', ({ detail }) => this.#identified(detail));
    node.addEventListener('connection:close', ({ detail }) => this.#left(detail));
    this.check();
  }

  close(): void {
    this.#closed = true;
    this.#retirement.stop();
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

  /** The connection to a peer that both sides use; see {@link bestOf}. */
  best(peer: string): Connection | undefined {
    const { node, relays } = this.#options;
    const open = node
      .getConnections()
      .filter((one) => one.status === 'open' && !this.#retirement.isClosing(one) && one.remotePeer.toString() === peer);
    return bestOf(open, (one) => relays.isLeaving(one), this.#isOurTurn(peer));
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
      if (this.#mustAsk()) await this.#fill(await this.#options.find());
    }
  }

  /** When links are lacking; and once with each relay, so that others find us. */
  #mustAsk(): boolean {
    const relays = this.#options.relays.connections();
    const isNew = relays.some((relay) => !this.#asked.has(relay));
    for (const relay of relays) this.#asked.add(relay);
    return isNew || this.#linked() < MESH_LIMITS.links;
  }

  /** Away from relays that are about to stop: links over them are made anew over others, and closed when nobody uses them. */
  async #move(): Promise<void> {
    const { node, relays } = this.#options;
    const leaving = node.getConnections().filter((connection) => relays.isLeaving(connection));
    for (const { remotePeer } of leaving) {
      const peer = remotePeer.toString();
      if (this.#mayDial(peer) && this.#isLast(peer)) await this.#dial(peer, { anew: true }).catch(() => undefined);
    }
    const stay = relays.connections().length > 0;
    for (const connection of leaving) {
      if (!stay || !this.#isLast(connection.remotePeer.toString())) this.#retirement.retire(connection);
    }
    relays.letGo();
  }

  /** Whether a peer can be reached over relays only that are about to stop. */
  #isLast(peer: string): boolean {
    const best = this.best(peer);
    return !best || this.#options.relays.isLeaving(best);
  }

  async #fill(found: readonly string[]): Promise<void> {
    const peers = found.filter((peer) => this.#options.admits(peer) && !this.best(peer));
    const turn = [...peers.filter((peer) => this.#isOurTurn(peer)), ...peers.filter((peer) => !this.#isOurTurn(peer))];
    let pending = 0;
    const dial = async (): Promise<void> => {
      for (let peer = turn.shift(); peer !== undefined; peer = turn.shift()) {
        if (this.#closed || this.#linked() + pending >= MESH_LIMITS.links) return;
        if (!this.#mayDial(peer) || this.best(peer)) continue;
        pending++;
        await this.#dial(peer).catch(() => undefined);
        pending--;
      }
    };
    // One that hangs does not keep us from the others.
    await Promise.all(Array.from({ length: MESH_LIMITS.dialsAtOnce }, dial));
  }

  /** Members, not links. */
  #linked(): number {
    const { node, relays, admits } = this.#options;
    return node.getPeers().filter((peer) => !relays.isRelay(peer) && admits(peer.toString())).length;
  }

  #isLower(peer: string): boolean {
    return this.#options.node.peerId.toString() < peer;
  }

  #isOurTurn(peer: string): boolean {
    return isOurTurn(this.#options.node.peerId.toString(), peer);
  }

  /** The other one is given a check to do so first when it is its turn. */
  #mayDial(peer: string): boolean {
    return this.#isOurTurn(peer) || this.#checks % 2 === 0;
  }

  /** `anew`: although there is a connection already. */
  async #dial(
    peer: string,
    { signal, anew = false }: { signal?: AbortSignal; anew?: boolean } = {},
  ): Promise<Connection> {
    const { node, relays, circuitMs } = this.#options;
    const circuits = relays.circuitsTo(peer);
    const limit = AbortSignal.timeout(circuitMs);
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
    const best = this.best(peer);
    if (best && best !== connection && !relays.isLeaving(best)) this.#retirement.retire(connection);
    if (!best || !isRelayed(best)) return;
    if (!direct || !this.#isLower(peer) || (this.#resting.get(peer) ?? 0) > this.#checks) return;
    void node.peerStore.get(connection.remotePeer).then(
      ({ protocols }) => (protocols.includes(SIGNALING) ? this.#upgrade(peer) : undefined),
      () => undefined,
    );
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
