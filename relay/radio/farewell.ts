/** How a member is told that the relay stops: src/mesh/relay-notice.ts. */
import type { Connection } from '@libp2p/interface';
import { formatNotice, RELAY_NOTICE } from '../../src/mesh/relay-notice';

/**
 * Tells the member, and waits until it is gone, or `signal` says enough.
 * @returns false when it does not speak the protocol; it is not waited for then
 */
export async function tellToGo(connection: Connection, retryAfterMs: number, signal: AbortSignal): Promise<boolean> {
  const gone = new Promise<void>((resolve) => {
    connection.addEventListener('close', () => resolve(), { once: true });
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const stream = await connection.newStream(RELAY_NOTICE, { signal }).catch(() => undefined);
  if (!stream) return false;
  try {
    stream.send(formatNotice({ reason: 'stopping', retry_after_ms: retryAfterMs }));
    await stream.close({ signal });
  } catch {
    // It may have heard enough and gone on; whether it did, its leaving shows.
  }
  if (connection.status === 'open') await gone;
  return true;
}
