import { expect, type BrowserContext, type Page } from '@playwright/test';

interface Recorded {
  connections: RTCPeerConnection[];
}

/** What a connection's statistics say of the way that it uses. */
interface Transport {
  state: string;
  /** Kind of the local candidate: `host`, `srflx`, `prflx` or `relay`. */
  local: string;
  remote: string;
  bytesSent: number;
  bytesReceived: number;
}

/** Keeps every RTCPeerConnection that pages of this context make, for {@link directTransports}. */
export async function recordConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    const Original = globalThis.RTCPeerConnection;
    (globalThis as unknown as Recorded).connections = connections;
    globalThis.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
  });
}

/** The ways of the page's open connections. */
export function directTransports(page: Page): Promise<Transport[]> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as Recorded;
    const open = connections.filter(({ connectionState }) => connectionState === 'connected');
    const found = await Promise.all(
      open.map(async (connection) => {
        const stats = new Map<string, Record<string, unknown>>();
        (await connection.getStats()).forEach((one: { id: string }) => stats.set(one.id, { ...one }));
        const kind = (id: unknown): string => String(stats.get(String(id))?.['candidateType']);
        const pair = [...stats.values()].find((one) => one['type'] === 'candidate-pair' && one['nominated'] === true);
        if (!pair) return [];
        const { state, localCandidateId, remoteCandidateId, bytesSent, bytesReceived } = pair;
        return [
          {
            state: String(state),
            local: kind(localCandidateId),
            remote: kind(remoteCandidateId),
            bytesSent: Number(bytesSent),
            bytesReceived: Number(bytesReceived),
          },
        ];
      }),
    );
    return found.flat();
  });
}

/**
 * Waits until the page has so many open connections, each past the relay (never over a TURN server) and with bytes both
 * ways: the browser's statistics are a moment old.
 */
export async function expectDirect(page: Page, count: number): Promise<void> {
  const found = async (): Promise<boolean[]> =>
    (await directTransports(page)).map(
      ({ state, local, remote, bytesSent, bytesReceived }) =>
        state === 'succeeded' && ![local, remote].includes('relay') && bytesSent > 0 && bytesReceived > 0,
    );
  await expect.poll(found).toEqual(Array.from({ length: count }, () => true));
}
