import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

/**
 * Who may be connected, and how: Ed25519 peers only, WebSockets to relays that we dial, circuits and WebRTC to members.
 * A relay is no member, whatever it opens towards us.
 */
export function memberGater({
  admits,
  isRelay,
}: {
  admits: (peer: string) => boolean;
  isRelay: (peer: PeerId) => boolean;
}): ConnectionGater {
  const mayBegin = circuitRate();
  const denies = (peer: PeerId, { remoteAddr, direction }: MultiaddrConnection): boolean => {
    if (peer.type !== 'Ed25519') return true;
    if (toMember(remoteAddr)) return isRelay(peer) || !admits(peer.toString());
    return direction === 'inbound';
  };
  return {
    // libp2p's own default refuses private addresses, which a relay at home has.
    denyDialMultiaddr: (address) => !isKnown(address),
    denyInboundEncryptedConnection: denies,
    denyOutboundEncryptedConnection: denies,
    denyInboundRelayedConnection: (_, peer) => !admits(peer.toString()) || !mayBegin(peer.toString()),
  };
}

/** Whether a peer may begin one more circuit to us: silent ones of one peer must not take the places of all. */
function circuitRate(): (peer: string) => boolean {
  const begun = new Map<string, number>();
  let until = 0;
  return (peer) => {
    const now = performance.now();
    if (now >= until) {
      begun.clear();
      until = now + MESH_LIMITS.nonceMs;
    }
    const count = (begun.get(peer) ?? 0) + 1;
    begun.set(peer, count);
    return count <= MESH_LIMITS.circuitsBegun;
  };
}

const names = (address: Multiaddr): string[] => address.getComponents().map(({ name }) => name);

const toMember = (address: Multiaddr): boolean =>
  names(address).some((name) => name === 'p2p-circuit' || name === 'webrtc');

/** Never `webrtc-direct`, which would pass the private network by. */
const KNOWN = new Set([
  'ip4',
  'ip6',
  'dns',
  'dns4',
  'dns6',
  'tcp',
  'tls',
  'sni',
  'ws',
  'wss',
  'p2p',
  'p2p-circuit',
  'webrtc',
]);
const isKnown = (address: Multiaddr): boolean => names(address).every((name) => KNOWN.has(name));
