import type { Identify } from '@libp2p/identify';
import type { Connection, Libp2p, PeerId } from '@libp2p/interface';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../schedule';

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
  #closed = false;

  constructor(
    node: Libp2p<{ identify: Identify }>,
    addresses: readonly string[],
    schedule: Schedule,
    changed: () => void,
  ) {
    this.#node = node;
    this.#changed = changed;
    this.#links = addresses.map((address) => new RelayLink(multiaddr(address), schedule));
    for (const link of this.#links) void this.#keep(link);
    node.addEventListener('self:peer:update', changed);
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

  /** Ways to `peer` over relays that are connected now. */
  circuitsTo(peer: string): Multiaddr[] {
    return this.#links.flatMap(({ connection, peer: relay, address }) =>
      connection?.status === 'open'
        ? [address.decapsulateCode(P2P).encapsulate(`/p2p/${relay}/p2p-circuit/p2p/${peer}`)]
        : [],
    );
  }

  /** The connections that are open now. */
  connections(): Connection[] {
    return this.#links.flatMap(({ connection }) => (connection?.status === 'open' ? [connection] : []));
  }

  async #keep(link: RelayLink): Promise<void> {
    while (!this.#closed) {
      try {
        const connection = await this.#node.dial(link.address, { signal: AbortSignal.timeout(MESH_LIMITS.dialMs) });
        link.opened(connection);
        this.#changed();
        await this.#hold(link, connection);
      } catch (error) {
        link.problem = error instanceof Error ? error.message : String(error);
      }
      link.connection = undefined;
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
      const { reserved } = this.state().find(({ address }) => address === link.address.toString())!;
      if (reserved) link.worked();
      // It reserves whenever the relay says anew what it speaks.
      else await this.#node.services.identify.identify(connection).catch(() => undefined);
    }
  }
}

const P2P = 0x01a5;

class RelayLink {
  readonly address: Multiaddr;
  peer: string | undefined;
  connection: Connection | undefined;
  problem: string | undefined;
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

  worked(): void {
    this.#wait = MESH_LIMITS.relayRetryMs;
  }

  hurry(): void {
    this.#hurry();
  }

  /** Twice as long each time, until it {@link worked}. */
  pause(): Promise<void> {
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, MESH_LIMITS.relayRetryMaxMs);
    return new Promise((resolve) => {
      const cancel = this.#schedule(resolve, wait);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}
