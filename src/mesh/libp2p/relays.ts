import type { Identify } from '@libp2p/identify';
import type { Connection, Libp2p, PeerId } from '@libp2p/interface';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../schedule';
import { hearNotices } from './notices';

export interface RelayState {
  address: string;
  /** Known once it was reached, or from its address. */
  peer: string | null;
  connected: boolean;
  /** Others can reach us through it. */
  reserved: boolean;
  /** Why it is not connected, in the words of what failed. */
  problem: string | null;
}

/**
 * The links to the configured relays. libp2p by itself neither dials a lost relay again nor reserves again on one that
 * came back; here each is dialled until it answers, with growing pauses, and asked until it reserves.
 */
export class Relays {
  readonly #node: Libp2p<{ identify: Identify }>;
  readonly #links: RelayLink[];
  readonly #changed: () => void;
  readonly #dialMs: number;
  #closed = false;

  constructor(
    node: Libp2p<{ identify: Identify }>,
    addresses: readonly string[],
    schedule: Schedule,
    changed: () => void,
    dialMs: number,
  ) {
    this.#node = node;
    this.#dialMs = dialMs;
    let told = '';
    // Told once for each change: libp2p updates itself far more often.
    this.#changed = () => {
      const state = JSON.stringify([this.state(), this.#links.map(({ leaving }) => leaving)]);
      if (state === told) return;
      told = state;
      changed();
    };
    this.#links = addresses.map((address) => new RelayLink(multiaddr(address), schedule));
    for (const link of this.#links) void this.#keep(link);
    node.addEventListener('self:peer:update', () => this.#changed());
    void hearNotices(node, (connection, { retry_after_ms: awayMs }) => this.#leave(connection, awayMs));
  }

  /** Whether a connection goes over a relay that is about to stop. */
  isLeaving({ remoteAddr }: Connection): boolean {
    return this.#links.some(({ connection, leaving }) => leaving && goesOver(remoteAddr, connection!));
  }

  /** Ends the links to relays that are about to stop, where nothing of ours goes over them any more. */
  letGo(): void {
    const circuits = this.#node.getConnections().filter(({ remoteAddr }) => isCircuit(remoteAddr));
    for (const { connection, leaving } of this.#links) {
      if (!leaving || circuits.some(({ remoteAddr }) => goesOver(remoteAddr, connection!))) continue;
      void connection!.close().catch((error: unknown) => connection!.abort(error as Error));
    }
  }

  /** Dials at once whatever waits for its turn. */
  hurry(): void {
    for (const link of this.#links) link.hurry();
  }

  close(): void {
    this.#closed = true;
    this.hurry();
  }

  state(): RelayState[] {
    const reserved = this.#node.getMultiaddrs().map(String);
    return this.#links.map((link) => ({
      address: link.address.toString(),
      peer: link.peer ?? null,
      connected: link.connection?.status === 'open',
      reserved: reserved.some((address) => address.includes(`/p2p/${link.peer}/p2p-circuit`)),
      problem: link.problem ?? null,
    }));
  }

  isRelay(peer: PeerId): boolean {
    return this.#links.some((link) => link.peer === peer.toString());
  }

  /** Ways to `peer` over relays that are connected now, and stay. */
  circuitsTo(peer: string): Multiaddr[] {
    return this.#links.flatMap(({ connection, leaving, peer: relay, address }) =>
      connection?.status === 'open' && !leaving
        ? [address.decapsulateCode(P2P).encapsulate(`/p2p/${relay}/p2p-circuit/p2p/${peer}`)]
        : [],
    );
  }

  /** The connections that are open now, and stay. */
  connections(): Connection[] {
    return this.#links.flatMap(({ connection, leaving }) =>
      connection?.status === 'open' && !leaving ? [connection] : [],
    );
  }

  #leave(from: Connection, awayMs: number): void {
    const link = this.#links.find(({ connection }) => connection === from);
    if (!link || link.leaving) return;
    link.leave(awayMs);
    this.#changed();
  }

  async #keep(link: RelayLink): Promise<void> {
    while (!this.#closed) {
      try {
        const connection = await this.#node.dial(link.address, { signal: AbortSignal.timeout(this.#dialMs) });
        link.opened(connection);
        this.#changed();
        await this.#hold(link, connection);
      } catch (error) {
        link.problem = error instanceof Error ? error.message : String(error);
      }
      link.closed();
      if (this.#closed) return;
      this.#changed();
      await link.pause();
    }
  }

  /** As long as the connection lasts; asks for a reservation for as long as there is none. */
  async #hold(link: RelayLink, connection: Connection): Promise<void> {
    const gone = new Promise<void>((resolve) => connection.addEventListener('close', () => resolve(), { once: true }));
    for (;;) {
      await Promise.race([gone, link.pause()]);
      if (connection.status !== 'open' || this.#closed) return;
      if (link.leaving) continue;
      const { reserved } = this.state().find(({ address }) => address === link.address.toString())!;
      if (reserved) link.worked();
      // It reserves whenever the relay says anew what it speaks.
      else await this.#node.services.identify.identify(connection).catch(() => undefined);
    }
  }
}

const P2P = 0x01a5;
const isCircuit = (address: Multiaddr): boolean => address.getComponents().some(({ name }) => name === 'p2p-circuit');

/** Whether a circuit's address begins with a relay's: the relay is then on its way. */
const goesOver = (circuit: Multiaddr, { remotePeer, remoteAddr }: Connection): boolean => {
  const [way = ''] = circuit.toString().split('/p2p-circuit');
  return isCircuit(circuit) && (way.endsWith(`/p2p/${remotePeer.toString()}`) || way === remoteAddr.toString());
};

class RelayLink {
  readonly address: Multiaddr;
  peer: string | undefined;
  connection: Connection | undefined;
  problem: string | undefined;
  /** It said that it is about to stop. */
  leaving = false;
  #awayMs: number | undefined;
  readonly #schedule: Schedule;
  #wait: number = MESH_LIMITS.relayRetryMs;
  #hurry = (): void => undefined;

  constructor(address: Multiaddr, schedule: Schedule) {
    this.address = address;
    this.#schedule = schedule;
    this.peer = address.getComponents().findLast(({ code }) => code === P2P)?.value;
  }

  opened(connection: Connection): void {
    this.connection = connection;
    this.peer = connection.remotePeer.toString();
    this.problem = undefined;
  }

  /** The relay stops, and is not to be asked again before `awayMs` after that. */
  leave(awayMs: number): void {
    this.leaving = true;
    this.#awayMs = awayMs;
    this.problem = 'the relay is about to stop';
  }

  closed(): void {
    this.connection = undefined;
    this.leaving = false;
  }

  worked(): void {
    this.#wait = MESH_LIMITS.relayRetryMs;
  }

  hurry(): void {
    this.#hurry();
  }

  /** Twice as long each time, until it {@link worked}; once as long as a relay that stopped asked for. */
  pause(): Promise<void> {
    const away = this.connection ? undefined : this.#awayMs;
    const wait = away ?? this.#wait;
    if (away === undefined) this.#wait = Math.min(2 * wait, MESH_LIMITS.relayRetryMaxMs);
    else this.#awayMs = undefined;
    return new Promise((resolve) => {
      const cancel = this.#schedule(resolve, wait);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}
