/** Where WebSockets come in. Every bound on strangers is here and in stranger.ts, before libp2p hears of them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Random } from '../../src/protocol/runtime';
import type { Log } from '../log';
import type { RadioLimits } from './limits';
import { holderOf, Quota, siteOf } from './quota';
import { greet } from './stranger';
import type { Shown } from './stranger';

/** A multiaddr's WebSocket has no path, so what dials one asks for `/`. */
const PATHS = new Set(['/', '/mesh']);

export interface Caller {
  socket: WebSocket;
  /** IP address, or what a trusted proxy said it is. */
  address: string;
  port: number;
}

export interface DoorOptions<Network> {
  limits: RadioLimits;
  random: Random;
  /** Every network that is served, with its key. */
  networks: () => Iterable<readonly [key: Uint8Array, network: Network]>;
  addressOf: (request: IncomingMessage) => string;
  log: Log;
  /** Resolves when the handshakes inside are done, well or not. */
  admit: (caller: Caller, shown: Shown<Network>) => Promise<void>;
}

/** How many callers were sent away, by reason; for the operator. */
export interface Refusals {
  path: number;
  /** The relay stops. */
  leaving: number;
  full: number;
  strangers: number;
  noKey: number;
}

export class Door<Network> {
  readonly refusals: Refusals = { path: 0, leaving: 0, full: 0, strangers: 0, noKey: 0 };
  readonly #options: DoorOptions<Network>;
  readonly #server: WebSocketServer;
  readonly #strangers: Quota;
  readonly #sites: Quota;
  readonly #connections: Quota;
  /** Every socket, with whether it was heard of since the last beat. */
  readonly #alive = new Map<WebSocket, boolean>();
  readonly #beat: NodeJS.Timeout;
  #open = true;

  constructor(options: DoorOptions<Network>) {
    const { limits } = options;
    this.#options = options;
    this.#strangers = new Quota(limits.strangers, limits.strangersPerAddress);
    this.#sites = new Quota(limits.strangers, limits.strangersPerSite);
    this.#connections = new Quota(limits.connections, limits.connectionsPerAddress);
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.messageBytes,
      // All of it is encrypted: compressing costs memory and gains nothing.
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#beat = setInterval(this.#ping, limits.heartbeatMs);
    this.#beat.unref();
  }

  get connections(): number {
    return this.#connections.total;
  }

  get strangers(): number {
    return this.#strangers.total;
  }

  /** For an HTTP server's `upgrade` event. Never throws, and ends what it does not take. */
  readonly upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    raw.on('error', () => raw.destroy());
    const address = this.#options.addressOf(request);
    const refuse = (why: keyof Refusals, status: string): void => this.#refuse(raw, why, status, address);
    if (!PATHS.has((request.url ?? '').replace(/\?.*$/s, ''))) return refuse('path', '404 Not Found');
    if (!this.#open) return refuse('leaving', '503 Service Unavailable');
    const leave = this.#connections.take(holderOf(address));
    if (!leave) return refuse('full', '503 Service Unavailable');
    raw.once('close', leave);
    const welcome = this.#welcome(address);
    if (!welcome) return refuse('strangers', '429 Too Many Requests');
    raw.once('close', welcome);
    this.#server.handleUpgrade(request, raw, head, (socket) => {
      this.#watch(socket);
      const caller = { socket, address, port: request.socket.remotePort ?? 0 };
      this.#meet(caller, raw)
        // Whatever a caller makes fail, it fails for that caller alone.
        .catch(() => socket.terminate())
        .finally(welcome);
    });
  };

  /** Lets nobody in any more; who is in, stays. */
  shut(): void {
    this.#open = false;
  }

  /** Ends strangers and members alike. */
  close(): void {
    this.shut();
    clearInterval(this.#beat);
    for (const socket of this.#alive.keys()) socket.terminate();
    this.#server.close();
  }

  /** A place for a stranger. @returns what gives it back */
  #welcome(address: string): (() => void) | undefined {
    const leave = this.#strangers.take(holderOf(address));
    const leaveSite = leave && this.#sites.take(siteOf(address));
    if (!leaveSite) return void leave?.();
    return () => {
      leave();
      leaveSite();
    };
  }

  async #meet(caller: Caller, raw: Duplex): Promise<void> {
    const { networks, limits, random, admit } = this.#options;
    const shown = await greet(caller.socket, raw, networks, limits, random);
    if (shown) await admit(caller, shown);
    else this.#count('noKey', caller.address);
  }

  #refuse(raw: Duplex, why: keyof Refusals, status: string, address: string): void {
    this.#count(why, address);
    const later = status.startsWith('404') ? '' : 'Retry-After: 10\r\n';
    raw.end(`HTTP/1.1 ${status}\r\n${later}Connection: close\r\nContent-Length: 0\r\n\r\n`, () => raw.destroy());
  }

  #count(why: keyof Refusals, address: string): void {
    this.refusals[why]++;
    this.#options.log('debug', 'refused', { reason: why }, { address });
  }

  #watch(socket: WebSocket): void {
    this.#alive.set(socket, true);
    socket.on('pong', () => this.#alive.set(socket, true));
    socket.on('close', () => this.#alive.delete(socket));
  }

  readonly #ping = (): void => {
    for (const [socket, heard] of this.#alive) {
      // One that we hold back ourselves cannot be heard.
      if (socket.isPaused) continue;
      if (!heard) socket.terminate();
      else {
        this.#alive.set(socket, false);
        socket.ping();
      }
    }
  };
}
