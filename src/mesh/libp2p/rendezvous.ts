import type { Connection } from '@libp2p/interface';
import { concat } from '../../crypto';
import type { Random } from '../../protocol/runtime';
import { openPeers, RENDEZVOUS, RENDEZVOUS_BYTES, sealPeer } from '../rendezvous';

/** Asks a relay who of the mesh is there, and leaves word that we are. Nobody, when it does not answer in time. */
export async function askRelay(
  connection: Connection,
  { self, meshKey, random, limitMs }: { self: string; meshKey: Uint8Array; random: Random; limitMs: number },
): Promise<string[]> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    const stream = await connection.newStream(RENDEZVOUS, { signal });
    const stop = (): void => stream.abort(new Error('rendezvous is over'));
    signal.addEventListener('abort', stop, { once: true });
    stream.send(sealPeer(self, meshKey, random));
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of stream) {
      parts.push(chunk.subarray());
      length += chunk.byteLength;
      if (length >= RENDEZVOUS_BYTES) break;
    }
    signal.removeEventListener('abort', stop);
    stop();
    return openPeers(concat(...parts), meshKey).filter((peer) => peer !== self);
  } catch {
    // The relay's link says what is wrong with it.
    return [];
  }
}
