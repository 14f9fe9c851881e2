/**
 * One private network that the relay serves: a libp2p node of its own, so that members of one never meet members of
 * another. It forwards what it cannot read (circuits), and tells who is there to those who can read it (rendezvous).
 * No gossip: it learns no topics.
 */
import { setMaxListeners } from 'node:events';
import { circuitRelayServer, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2';
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Connection, ConnectionGater, Libp2p, Logger, MultiaddrConnection, PeerId } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { createLibp2p } from 'libp2p';
import { thriftyYamux } from '../../src/mesh/libp2p/yamux';
import { BUILD, VERSION } from '../../src/protocol/build-info';
import type { Random } from '../../src/protocol/runtime';
import type { Log } from '../log';
import { addressIn } from './addresses';
import { tellToGo } from './farewell';
import { forgetWhoLeft } from './forget';
import type { RadioLimits } from './limits';
import { Probes } from './probe';
import { holderOf, Quota } from './quota';
import { Rendezvous } from './rendezvous';
import { Entrance } from './transport';

export interface NetworkOptions {
  /** Seed of the relay's own Ed25519 key: one in all networks. */
  seed: Uint8Array;
  /** Multiaddrs at which the relay is reached, told to members with their reservations. */
  announce: readonly string[];
  limits: RadioLimits;
  random: Random;
  log: Log;
}

export interface NetworkStatus {
  connections: number;
  reservations: number;
  circuits: number;
}

type Node = Libp2p<{ relay: CircuitRelayService }>;

export class Network {
  readonly #node: Node;
  readonly #entrance: Entrance;

  readonly #places: Places;

  private constructor(node: Node, entrance: Entrance, places: Places) {
    this.#node = node;
    this.#entrance = entrance;
    this.#places = places;
  }

  static async open({ seed, announce, limits, random, log }: NetworkOptions): Promise<Network> {
    const entrance = new Entrance();
    const places = new Places(limits);
    const node: Node = await createLibp2p({
      privateKey: await generateKeyPairFromSeed('Ed25519', seed),
      addresses: { listen: [...announce], announce: [...announce] },
      transports: [() => entrance],
      connectionEncrypters: [noise()],
      // Dead links are found by the door's heartbeat, for all networks at once.
      streamMuxers: [thriftyYamux({ enableKeepAlive: false })],
      connectionMonitor: { enabled: false },
      connectionGater: places.gater(
        () => node,
        (peer) => probes.settled(peer),
      ),
      // The door has counted them already, by address.
      connectionManager: {
        maxConnections: limits.connections,
        maxIncomingPendingConnections: limits.strangers,
        inboundConnectionThreshold: Infinity,
        inboundUpgradeTimeout: limits.upgradeMs,
      },
      nodeInfo: { name: 'sovereign-relay', version: VERSION, userAgent: `sovereign-relay/${VERSION} (${BUILD})` },
      services: {
        identify: identify({ runOnConnectionOpen: true }),
        ping: ping(),
        relay: circuitRelayServer({
          hopTimeout: limits.hopMs,
          maxInboundHopStreams: limits.circuitsPerMember,
          maxOutboundStopStreams: limits.circuitsPerMember,
          reservations: {
            maxReservations: limits.reservations,
            reservationTtl: limits.reservationMs,
            defaultDurationLimit: limits.circuitMs,
            defaultDataLimit: BigInt(limits.circuitBytes),
          },
        }),
      },
    });
    node.addEventListener('peer:disconnect', ({ detail }) => {
      places.leave(detail, node.services.relay);
    });
    const probes: Probes = new Probes(node, limits.probeMs);
    forgetWhoLeft(node);
    await new Rendezvous(node, limits.requestMs, random).serve();
    const about = ({ remotePeer, remoteAddr }: Connection) => ({
      peer: remotePeer.toString(),
      address: addressIn(remoteAddr),
    });
    node.addEventListener('connection:open', ({ detail }) => log('debug', 'member_came', {}, about(detail)));
    node.addEventListener('connection:close', ({ detail }) => log('debug', 'member_left', {}, about(detail)));
    return new Network(node, entrance, places);
  }

  /** For the connections that are handed to {@link accept}. */
  get log(): Logger {
    return this.#node.logger.forComponent('sovereign:radio');
  }

  /** Does the handshakes inside; resolves when they are done. Ends the connection when they fail. */
  async accept(connection: MultiaddrConnection): Promise<void> {
    await this.#entrance.accept(connection);
  }

  status(): NetworkStatus {
    const connections = this.#node.getConnections();
    const circuits = connections
      .flatMap(({ streams }) => streams)
      .filter(({ protocol }) => protocol === RELAY_V2_HOP_CODEC).length;
    return { connections: connections.length, reservations: this.#node.services.relay.reservations.size, circuits };
  }

  /**
   * Tells every member to go elsewhere, and waits until those that understood it are gone, or `signal` says enough. From
   * now on nobody gets a place or a circuit. @returns how many understood
   */
  async sayFarewell(retryAfterMs: () => number, signal: AbortSignal): Promise<number> {
    this.#places.close();
    const connections = this.#node.getConnections();
    setMaxListeners(Infinity, signal);
    const told = await Promise.all(connections.map((one) => tellToGo(one, retryAfterMs(), signal)));
    return told.filter(Boolean).length;
  }

  async stop(): Promise<void> {
    await this.#node.stop();
  }
}

/** Who holds a reservation, by address: one that comes as a hundred peers does not take all places. */
class Places {
  readonly #quota: Quota;
  readonly #held = new Map<string, () => void>();
  #open = true;

  constructor({ reservations, reservationsPerAddress }: RadioLimits) {
    this.#quota = new Quota(reservations, reservationsPerAddress);
  }

  /** `settled`: when it is known which connection of a peer is alive. */
  gater(node: () => Node, settled: (peer: PeerId) => Promise<void>): ConnectionGater {
    return {
      denyInboundEncryptedConnection: ({ type }) => type !== 'Ed25519',
      denyInboundRelayReservation: (peer) => !this.#open || !this.#take(peer, node()),
      denyOutboundRelayedConnection: async (_, to) => {
        await settled(to);
        const signal = node().services.relay.reservations.get(to)?.signal;
        // Each circuit to a member listens for the end of its reservation: many are no leak.
        if (signal) setMaxListeners(Infinity, signal);
        return !this.#open;
      },
      // A relay calls nobody.
      denyDialMultiaddr: () => true,
      denyDialPeer: () => true,
    };
  }

  /** Gives none any more. */
  close(): void {
    this.#open = false;
  }

  #take(peer: PeerId, node: Libp2p): boolean {
    const name = peer.toString();
    if (this.#held.has(name)) return true;
    const [connection] = node.getConnections(peer);
    const give = connection && this.#quota.take(holderOf(addressIn(connection.remoteAddr)));
    if (give) this.#held.set(name, give);
    return give !== undefined;
  }

  /** A reservation is of no use without its connection, and libp2p would keep it for its whole time. */
  leave(peer: PeerId, { reservations }: CircuitRelayService): void {
    reservations.get(peer)?.signal.clear();
    reservations.delete(peer);
    this.#held.get(peer.toString())?.();
    this.#held.delete(peer.toString());
  }
}
