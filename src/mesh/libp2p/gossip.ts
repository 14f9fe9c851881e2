import { gossipsub, type GossipSub, type GossipSubComponents } from '@libp2p/gossipsub';
import type { Connection, PeerId, StreamHandler, Topology } from '@libp2p/interface';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

/**
 * Gossipsub among members. A relay gets none of it, whatever it says it speaks: it must not learn topics. Messages are
 * signed by their authors; scoring is on, except by IP address, since all behind one relay or one router share that.
 */
export const memberGossip =
  (isRelay: (peer: PeerId) => boolean) =>
  ({ privateKey, peerId, peerStore, connectionManager, logger, registrar }: GossipSubComponents): GossipSub =>
    gossipsub({
      globalSignaturePolicy: 'StrictSign',
      allowPublishToZeroTopicPeers: true,
      // Over a relay while there is no direct way, so that no member is left out.
      runOnLimitedConnection: true,
      maxInboundDataLength: MESH_LIMITS.gossipBytes,
      maxOutboundBufferSize: MESH_LIMITS.gossipBufferBytes,
      maxTopicBytesPerPeer: MESH_LIMITS.gossipTopicBytes,
      decodeRpcLimits: {
        maxSubscriptions: MESH_LIMITS.gossipTopics,
        maxMessages: MESH_LIMITS.gossipMessages,
        maxIhaveMessageIDs: MESH_LIMITS.gossipIds,
        maxIwantMessageIDs: MESH_LIMITS.gossipIds,
        maxIdontwantMessageIDs: MESH_LIMITS.gossipIds,
        maxControlMessages: MESH_LIMITS.gossipTopics,
        maxPeerInfos: 0,
      },
      scoreParams: {
        IPColocationFactorWeight: 0,
        // Links come and go with tabs: some of it looks like misbehaviour and is none.
        behaviourPenaltyThreshold: 6,
      },
    })({ privateKey, peerId, peerStore, connectionManager, logger, registrar: without(isRelay, registrar) });

type Registrar = GossipSubComponents['registrar'];

/** A registrar through which some peers do not exist: their streams are reset, and nobody is told that they came. */
function without(isOut: (peer: PeerId) => boolean, registrar: Registrar): Registrar {
  const guard =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      if (isOut(connection.remotePeer)) stream.abort(new Error('not a member'));
      else return handler(stream, connection);
    };
  const guarded: Pick<Registrar, 'handle' | 'register'> = {
    handle: (protocol, handler, options) => registrar.handle(protocol, guard(handler), options),
    register: (protocol, topology, options) =>
      registrar.register(protocol, { ...topology, onConnect: onConnect(topology) }, options),
  };
  const onConnect = (topology: Topology) => (peer: PeerId, connection: Connection) => {
    if (!isOut(peer)) return topology.onConnect?.(peer, connection);
  };
  return Object.assign(Object.create(registrar) as Registrar, guarded);
}
