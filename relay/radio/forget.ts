import type { Libp2p, PeerId } from '@libp2p/interface';

/**
 * Whoever has left is forgotten: libp2p would keep what each said of itself, up to some 10 kB, for good. Anybody with a
 * network's key can come as any number of peers.
 */
export function forgetWhoLeft(node: Libp2p): void {
  const forget = (peer: PeerId): void => {
    if (node.getConnections(peer).length === 0) node.peerStore.delete(peer).catch(() => undefined);
  };
  node.addEventListener('peer:disconnect', ({ detail }) => forget(detail));
  // What it said of itself may be written only after it left.
  node.addEventListener('peer:identify', ({ detail }) => forget(detail.peerId));
}
