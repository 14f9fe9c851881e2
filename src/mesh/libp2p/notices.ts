import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { concat } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { parseNotice, RELAY_NOTICE, type RelayNotice } from '../relay-notice';

/**
 * Hears what relays say as they stop. `heard` decides whether who says it is a relay at all. A notice that is malformed
 * or slow ends its stream and nothing else.
 */
export async function hearNotices(
  node: Libp2p,
  heard: (connection: Connection, notice: RelayNotice) => void,
): Promise<void> {
  const hear = async (stream: Stream, connection: Connection): Promise<void> => {
    const limit = AbortSignal.timeout(MESH_LIMITS.relayNoticeMs);
    const stop = (): void => stream.abort(new Error('the notice is too slow'));
    limit.addEventListener('abort', stop, { once: true });
    try {
      heard(connection, parseNotice(await whole(stream)));
      await stream.close({ signal: limit });
    } catch (error) {
      stream.abort(error as Error);
    } finally {
      limit.removeEventListener('abort', stop);
    }
  };
  await node.handle(RELAY_NOTICE, hear, { maxInboundStreams: 1 });
}

/** One byte more than a notice may have is enough to refuse it. */
async function whole(stream: Stream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    parts.push(chunk.subarray());
    length += chunk.byteLength;
    if (length > MESH_LIMITS.relayNoticeBytes) break;
  }
  return concat(...parts);
}
