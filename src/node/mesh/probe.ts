/** What only a look at the network itself tells, for "why can't I connect". */
import type { Schedule } from '../supervisor';

/** `/dns4/relay.example/tcp/443/tls/ws`: `wss://relay.example:443/`; undefined for an address of another kind. */
export function webSocketUrl(relay: string): string | undefined {
  const found = /^\/(?:dns[46]?|dnsaddr|ip4|ip6)\/([^/]+)\/tcp\/(\d+)\/(tls\/ws|wss|ws)(?:\/|$)/.exec(relay);
  if (!found) return undefined;
  const [, host = '', port, kind] = found;
  return `${kind === 'ws' ? 'ws' : 'wss'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/** Whether a server takes a WebSocket there: without a key no more is to be learned of it. */
export function answers(relay: string, schedule: Schedule, ms: number): Promise<boolean> {
  const url = webSocketUrl(relay);
  if (url === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const end = (answered: boolean) => () => {
      cancel();
      socket.close();
      resolve(answered);
    };
    const cancel = schedule(end(false), ms);
    socket.onopen = end(true);
    socket.onerror = end(false);
  });
}

/** As much of a worker's RTCPeerConnection (real, or the stand-in) as a look needs. */
interface Gatherer {
  onicecandidate: ((event: { candidate: { candidate: string } | null }) => void) | null;
  createDataChannel(label: string): unknown;
  createOffer(): Promise<unknown>;
  setLocalDescription(description: unknown): Promise<void>;
  close(): void;
}
type GathererClass = new (configuration: { iceServers: { urls: string }[] }) => Gatherer;

/** Ways that ICE finds out of this device. */
export interface Ways {
  /** Addresses of its own network. */
  local: number;
  /** Its public address, by a STUN server's word. */
  public: number;
}

/** Gathers candidates as for a direct link, and links to nobody. */
export async function gather(stun: readonly string[], schedule: Schedule, ms: number): Promise<Ways> {
  const { RTCPeerConnection } = globalThis as unknown as { RTCPeerConnection: GathererClass };
  const connection = new RTCPeerConnection({ iceServers: stun.map((urls) => ({ urls })) });
  const ways: Ways = { local: 0, public: 0 };
  try {
    const done = new Promise<void>((resolve) => {
      const cancel = schedule(resolve, ms);
      connection.onicecandidate = ({ candidate }) => {
        const kind = / typ (\w+)/.exec(candidate?.candidate ?? '')?.[1];
        if (kind === 'host') ways.local += 1;
        else if (kind === 'srflx') ways.public += 1;
        if (candidate) return;
        cancel();
        resolve();
      };
    });
    connection.createDataChannel('probe');
    await connection.setLocalDescription(await connection.createOffer());
    await done;
  } finally {
    connection.close();
  }
  return ways;
}
