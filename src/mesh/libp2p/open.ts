import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { PeerId } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import type { Signer } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom, type Random } from '../../protocol/runtime';
import type { NearbyLinks } from '../nearby';
import { twoKeyProtector, type NetworkKeys } from '../pnet';
import { systemSchedule, type Schedule } from '../schedule';
import { memberGater } from './gater';
import { memberGossip } from './gossip';
import { Links, type MeshNode } from './links';
import { Libp2pMesh, type RelayedMesh } from './mesh';
import { nearbyService } from './nearby';
import { privateKeyOf } from './private-key';
import { Relays } from './relays';
import { askRelay } from './rendezvous';
import { thriftyYamux } from './yamux';

export interface MeshOptions {
  /** The node's key: the peer id is this key. */
  signer: Signer;
  keys: NetworkKeys;
  /** Multiaddrs of WebSocket relays, e.g. `/dns4/relay.example/tcp/443/tls/ws`, with or without `/p2p/<peer id>`. */
  relays: readonly string[];
  /** Who may be connected at all, asked each time. Default: everybody who holds the mesh key. */
  admits?: (peer: string) => boolean;
  /** `stun:` URLs that direct links may ask for our public address, in realms that have them. None: the own network only. */
  iceServers?: readonly string[];
  /** WebRTC, where the realm has it; see `../browser`. */
  direct?: NonNullable<Libp2pOptions['transports']>[number];
  /** Links that were made by codes; they are used as long as they last, and stay when this mesh is closed. */
  nearby?: NearbyLinks;
  random?: Random;
  schedule?: Schedule;
  /** How long others may take to answer, in place of each limit's own: for a machine that is busy with many nodes. */
  patienceMs?: number;
}

/**
 * Joins the mesh: answers at once, and relays and members are reached as they answer. For new keys or relays close it
 * and open another.
 */
export async function openMesh(options: MeshOptions): Promise<RelayedMesh> {
  const { signer, keys, direct, nearby, random = systemRandom, schedule = systemSchedule } = options;
  const { patienceMs, patienceMs: circuitMs = MESH_LIMITS.circuitMs } = options;
  const refused = new Set<string>();
  const admits = (peer: string): boolean => !refused.has(peer) && (options.admits?.(peer) ?? true);
  // The node asks about relays, which are dialled through it.
  let relays: Relays | undefined = undefined as Relays | undefined;
  const isRelay = (peer: PeerId): boolean => relays?.isRelay(peer) ?? false;

  const node: MeshNode = await createLibp2p({
    privateKey: privateKeyOf(signer),
    // One place for each relay; a direct link is signalled over circuits.
    addresses: { listen: [...options.relays.map(() => '/p2p-circuit'), ...(direct ? ['/webrtc'] : [])] },
    transports: [
      webSockets(),
      circuitRelayTransport({
        reservationCompletionTimeout: circuitMs,
        // Reservations on our relays only: a member that says it is one would be on the way of all that comes to us.
        discoveryFilter: { has: (peer) => !isRelay(peer), add: () => undefined, remove: () => undefined },
      }),
      ...(direct ? [direct] : []),
    ],
    connectionProtector: twoKeyProtector(keys, patienceMs),
    connectionEncrypters: [noise()],
    streamMuxers: [thriftyYamux()],
    connectionGater: memberGater({ admits, isRelay }),
    connectionManager: {
      dialTimeout: circuitMs,
      addressDialTimeout: circuitMs,
      inboundUpgradeTimeout: circuitMs,
      inboundStreamProtocolNegotiationTimeout: circuitMs,
      outboundStreamProtocolNegotiationTimeout: circuitMs,
      // All members come from one relay's address.
      inboundConnectionThreshold: MESH_LIMITS.circuitsPerSecond,
      maxIncomingPendingConnections: MESH_LIMITS.circuitsPending,
    },
    connectionMonitor: {
      pingInterval: MESH_LIMITS.pingMs,
      pingTimeout: { minTimeout: circuitMs, maxTimeout: 2 * circuitMs },
    },
    // Says no more of itself than it must: the version is told to members by the protocols that need it.
    nodeInfo: { name: 'sovereign', version: '1', userAgent: 'sovereign' },
    services: {
      identify: identify({ timeout: circuitMs }),
      ping: ping(),
      pubsub: memberGossip(isRelay),
      ...(nearby ? { nearby: nearbyService(nearby, schedule) } : {}),
    },
  });
  const changes = new Set<() => void>();
  const asker = {
    self: node.peerId.toString(),
    meshKey: keys.mesh,
    random,
    limitMs: patienceMs ?? MESH_LIMITS.rendezvousMs,
  };
  const changed = (): void => {
    links.hurry();
    for (const listener of [...changes]) listener();
  };
  relays = new Relays(node, options.relays, schedule, changed, patienceMs ?? MESH_LIMITS.dialMs);
  const find = async (): Promise<string[]> => {
    const found = await Promise.all(relays.connections().map((connection) => askRelay(connection, asker)));
    return [...new Set(found.flat())];
  };
  const links = new Links({ node, relays, find, admits, direct: direct !== undefined, schedule, circuitMs });
  return new Libp2pMesh({ node, relays, links, admits, refused, changes });
}
