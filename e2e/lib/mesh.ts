import { expect, type BrowserContext, type Page } from '@playwright/test';

interface Recorded {
  connections: RTCPeerConnection[];
}

/** What a connection's statistics say of the ways that its bytes take. */
interface Transport {
  /** Kinds of the candidates at the ends of those ways: `host`, `srflx`, `prflx` or `relay`. */
  kinds: string[];
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

/**
 * The page's open connections. A connection may use more than one way: each side chooses by which it sends, and may choose
 * anew, so only all of them together say what came and went.
 */
export function directTransports(page: Page): Promise<Transport[]> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as Recorded;
    const open = connections.filter(({ connectionState }) => connectionState === 'connected');
    return Promise.all(
      open.map(async (connection) => {
        const stats = new Map<string, Record<string, unknown>>();
        (await connection.getStats()).forEach((one: { id: string }) => stats.set(one.id, { ...one }));
        const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
        const pairs = [...stats.values()].filter(
          (one) => one['type'] === 'candidate-pair' && number(one['bytesSent']) + number(one['bytesReceived']) > 0,
        );
        const ends = pairs.flatMap((pair) => [pair['localCandidateId'], pair['remoteCandidateId']]);
        const sum = (name: string): number => pairs.reduce((total, pair) => total + number(pair[name]), 0);
        return {
          kinds: [...new Set(ends.map((id) => String(stats.get(String(id))?.['candidateType'])))].toSorted(),
          bytesSent: sum('bytesSent'),
          bytesReceived: sum('bytesReceived'),
        };
      }),
    );
  });
}

/**
 * Waits until the page has so many open connections, each past the relay (never over a TURN server) and with bytes both
 * ways: the browser's statistics are a moment old.
 */
export async function expectDirect(page: Page, count: number): Promise<void> {
  const found = async (): Promise<string[]> => (await directTransports(page)).map(told);
  await expect.poll(found).toEqual(Array.from({ length: count }, () => 'direct, sent, received'));
}

const DIRECT = ['host', 'srflx', 'prflx'];
const told = ({ kinds, bytesSent, bytesReceived }: Transport): string =>
  [
    kinds.every((kind) => DIRECT.includes(kind)) ? 'direct' : `over ${kinds.join(' ')}`,
    bytesSent > 0 ? 'sent' : 'nothing sent',
    bytesReceived > 0 ? 'received' : 'nothing received',
  ].join(', ');
