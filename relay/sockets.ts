/**
 * Bounds on sockets before anything is understood of them: how many one address has, and how long each may take. What
 * becomes a WebSocket is counted by the radio's door from then on.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../src/protocol/limits';
import { plainAddress } from './client-address';
import { holderOf, Quota } from './radio/quota';

export interface SocketLimits {
  relayConnections: number;
  relaySocketsPerAddress: number;
  relayHeadMs: number;
  relayRequestMs: number;
  relayIdleMs: number;
  relayAnswerMs: number;
  relayStopMs: number;
}

/** Options of Node's HTTP and HTTPS servers that end slow callers. */
export const patience = (limits: SocketLimits) => ({
  headersTimeout: limits.relayHeadMs,
  requestTimeout: limits.relayRequestMs,
  keepAliveTimeout: limits.relayStopMs,
  handshakeTimeout: limits.relayHeadMs,
  // Node looks only every 30 s for sockets that say nothing.
  connectionsCheckingInterval: Math.min(limits.relayStopMs, limits.relayHeadMs),
  maxHeaderSize: LIMITS.relayHeadBytes,
});

export class Sockets {
  /** Sockets that were closed at once, since their address had enough. */
  refused = 0;
  readonly #quota: Quota;
  /** By address and port of the other end: with TLS a request's socket is another object than the connection's. */
  readonly #leave = new Map<string, () => void>();

  /** `exempt`: proxies, whose sockets carry many callers. */
  constructor(server: Server, limits: SocketLimits, exempt: (address: string) => boolean) {
    this.#quota = new Quota(limits.relayConnections, limits.relaySocketsPerAddress);
    // A caller that reads nothing, or nothing fast.
    server.timeout = limits.relayIdleMs;
    server.on('connection', (socket: Socket) => {
      const address = plainAddress(socket.remoteAddress ?? '');
      if (exempt(address)) return;
      const leave = this.#quota.take(holderOf(address));
      if (!leave) {
        this.refused++;
        return void socket.destroy();
      }
      const end = endOf(socket);
      this.#leave.set(end, leave);
      socket.once('close', () => {
        leave();
        this.#leave.delete(end);
      });
    });
    server.on('request', (_, response) => {
      const cut = setTimeout(() => response.destroy(), limits.relayAnswerMs);
      response.once('close', () => clearTimeout(cut));
    });
  }

  get open(): number {
    return this.#quota.total;
  }

  /** Counts it no more: it is no plain HTTP now. */
  upgraded(socket: Socket): void {
    this.#leave.get(endOf(socket))?.();
  }
}

const endOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${String(remotePort)}`;
