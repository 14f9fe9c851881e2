import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';

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
    denyInboundRelayedConnection: (_, peer) => !admits(peer.toString()),
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
