/** How members' protocols are served: members only, so many streams at once, and a stream ends with its server. */
import { FramedStream, type Patience } from './framed';
import type { Mesh } from './types';

export interface Serving {
  mesh: Mesh;
  /** Whom this protocol answers. Everybody else's streams are reset unread. */
  isMember: (peer: string) => boolean;
  patience: Patience;
  /** Streams at once, of one peer and of all; more are reset. */
  perPeer: number;
  inAll: number;
}

/** Serves `protocol`. What `serve` throws resets its stream and nothing else. @returns what stops it */
export function serveMembers(
  protocol: string,
  { mesh, isMember, patience, perPeer, inAll }: Serving,
  serve: (framed: FramedStream, peer: string) => Promise<void>,
): () => void {
  const open = new Map<string, Set<FramedStream>>();
  const count = (): number => [...open.values()].reduce((sum, streams) => sum + streams.size, 0);
  const stop = mesh.handle(protocol, async (stream) => {
    const { peer } = stream;
    const own = open.get(peer) ?? new Set();
    if (!isMember(peer) || own.size >= perPeer || count() >= inAll) return stream.reset();
    const framed = new FramedStream(stream, patience);
    open.set(peer, own.add(framed));
    try {
      await serve(framed, peer);
      await stream.close();
    } catch {
      stream.reset();
    } finally {
      own.delete(framed);
      if (own.size === 0) open.delete(peer);
    }
  });
  return () => {
    stop();
    for (const streams of open.values()) for (const { stream } of streams) stream.reset();
  };
}
