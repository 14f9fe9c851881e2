import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { BUILD, VERSION } from '../src/protocol/build-info';
import { LIMITS } from '../src/protocol/limits';
import type { Witness } from '../src/witness';
import type { Assets } from './assets';
import { Proxies, Subnets } from './client-address';
import type { Reachable } from './headers';
import { close, listen, urlOf } from './listen';
import { codeOf, silent, type Log } from './log';
import { Counts, metricsText, probeProcess, type ProcessProbe } from './metrics';
import { ADMISSION_PATH, isFromMachine } from './radio/http';
import type { MeshService } from './radio/service';
import { pathOf, plain, respond, type Answer, type Health } from './respond';
import { patience, Sockets, type SocketLimits } from './sockets';
import { loadCertificate, type Certificate, type CertificateFiles } from './tls';
import { isWitnessPath, WitnessHttp } from './witness/http';

export interface Relay {
  /** Where a browser on this machine finds it. */
  readonly url: string;
  readonly port: number;
  readonly mesh: MeshService | undefined;
  /**
   * Reads the certificate anew; connections that stand keep theirs. @throws RelayError, and the old one stays in force
   * @returns false when there is none
   */
  reload(): Promise<boolean>;
  /**
   * Takes no new connection, tells members to move, lets what is under way finish for `LIMITS.relayStopMs`, then cuts.
   * Safe to call twice.
   */
  stop(): Promise<void>;
}

export interface RelayOptions {
  assets: Assets;
  host: string;
  port: number;
  /** For HTTPS; without it this is HTTP, for this machine or a proxy. */
  tls?: CertificateFiles | undefined;
  /** Served under /witness; without one there is nothing there. */
  witness?: Witness;
  /** How many logs one address may register with it in an hour. */
  witnessRegistrations?: number;
  /** Other origins whose witnesses the app may ask. */
  witnessOrigins?: readonly string[];
  /** Origins that its node may ask for skills. */
  skillOrigins?: readonly string[];
  /** Other relays that its node may connect to. */
  relayOrigins?: readonly string[];
  proxies?: Proxies;
  /** Addresses and networks that may read /metrics besides this machine. */
  metricsFrom?: readonly string[];
  limits?: Partial<SocketLimits>;
  log?: Log;
  /** Opens the relay of private networks, when it is known where the server listens. */
  mesh?: (url: string) => Promise<MeshService>;
}

/** Starts listening. @throws RelayError `port_in_use`, `address_refused`, `certificate_unusable` */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const limits: SocketLimits = { ...LIMITS, ...options.limits };
  const certificate = options.tls && (await loadCertificate(options.tls));
  const server = certificate
    ? createSecureServer({ ...patience(limits), ...certificate.options })
    : createServer(patience(limits));
  const running = new RunningRelay(options, server, limits, certificate);
  const port = await listen(server, options.host, options.port);
  const url = urlOf(certificate ? 'https' : 'http', options.host, port);
  try {
    await running.open(url, port);
  } catch (error) {
    await close(server, limits.relayStopMs);
    throw error;
  }
  return running;
}

class RunningRelay implements Relay {
  url = '';
  port = 0;
  mesh: MeshService | undefined;
  readonly #options: RelayOptions;
  readonly #server: Server | SecureServer;
  readonly #limits: SocketLimits;
  readonly #log: Log;
  readonly #proxies: Proxies;
  readonly #readers: Subnets;
  readonly #reachable: Reachable;
  readonly #witness: WitnessHttp | undefined;
  readonly #sockets: Sockets;
  readonly #counts = new Counts();
  readonly #probe: ProcessProbe;
  readonly #startedAt = performance.now();
  #certificate: Certificate | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    options: RelayOptions,
    server: Server | SecureServer,
    limits: SocketLimits,
    certificate: Certificate | undefined,
  ) {
    const { witnessOrigins: witnesses = [], skillOrigins: hosts = [], relayOrigins: relays = [] } = options;
    this.#options = options;
    this.#server = server;
    this.#limits = limits;
    this.#certificate = certificate;
    this.#log = options.log ?? silent;
    this.#proxies = options.proxies ?? new Proxies([]);
    this.#readers = new Subnets(options.metricsFrom ?? []);
    this.#reachable = { witnesses, hosts, relays };
    this.#witness = options.witness && this.#witnessHttp(options.witness);
    this.#probe = probeProcess();
    this.#sockets = new Sockets(server, limits, (address) => this.#proxies.trusts(address));
    server.maxConnections = limits.relayConnections;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  async open(url: string, port: number): Promise<void> {
    this.url = url;
    this.port = port;
    const mesh = (this.mesh = await this.#options.mesh?.(url));
    // Without this listener Node answers an upgrade like any request.
    if (!mesh) return;
    this.#server.maxConnections += mesh.status().limits.connections;
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.upgraded(request.socket);
      mesh.radio.upgrade(request, socket, head);
    });
  }

  async reload(): Promise<boolean> {
    if (!this.#options.tls || !('setSecureContext' in this.#server)) return false;
    const certificate = await loadCertificate(this.#options.tls);
    this.#server.setSecureContext(certificate.options);
    this.#certificate = certificate;
    return true;
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    await Promise.all([this.mesh?.stop(), close(this.#server, this.#limits.relayStopMs)]);
    this.#probe.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const path = pathOf(request.url ?? '') ?? '';
    const { route, answer } = this.#route(request, path);
    const answered = await answer;
    this.#send(request, response, answered);
    this.#counts.answered(route, answered.status);
    const ms = Math.round(performance.now() - startedAt);
    const who = { address: this.#proxies.addressOf(request) };
    // Not the path: whoever asks chooses it.
    this.#log('debug', 'answered', { route, status: answered.status, ms }, who);
  }

  /** The route's name is from a closed list, for counting. */
  #route(request: IncomingMessage, path: string): { route: string; answer: Answer | Promise<Answer> } {
    if (this.#witness && isWitnessPath(path)) return { route: 'witness', answer: this.#witness.answer(request, path) };
    if (this.mesh && path === ADMISSION_PATH) return { route: 'mesh', answer: this.mesh.answer(request) };
    if (path === '/metrics' && this.#mayRead(request)) return { route: 'metrics', answer: plain(this.#metrics()) };
    const question = { method: request.method ?? '', target: request.url ?? '', headers: request.headers };
    const answer = respond(question, this.#options.assets, () => this.#health(), this.#reachable);
    return { route: path === '/healthz' ? 'healthz' : 'app', answer };
  }

  #mayRead(request: IncomingMessage): boolean {
    return isFromMachine(request) || this.#readers.has(this.#proxies.addressOf(request));
  }

  #health(): Health {
    return {
      status: this.#stopped === undefined ? 'ok' : 'stopping',
      version: VERSION,
      build: BUILD,
      uptime_ms: Math.round(performance.now() - this.#startedAt),
      serves: {
        app: this.#options.assets.size > 0,
        relay: this.mesh !== undefined,
        witness: this.#witness !== undefined,
        stun: this.mesh?.stunUrl ?? null,
      },
    };
  }

  #metrics(): string {
    return metricsText({
      uptimeMs: performance.now() - this.#startedAt,
      probe: this.#probe.read(),
      counts: this.#counts,
      sockets: this.#sockets,
      certificateExpires: this.#certificate?.expires,
      mesh: this.mesh?.status(),
      forks: this.#options.witness?.forks().length,
    });
  }

  #witnessHttp(witness: Witness): WitnessHttp {
    return new WitnessHttp({
      witness,
      now: () => performance.now(),
      addressOf: this.#proxies.addressOf,
      registrations: this.#options.witnessRegistrations ?? LIMITS.witnessRegistrations,
      log: this.#log,
    });
  }

  #send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
    if (this.#stopped) response.setHeader('Connection', 'close');
    // Browsers heed it over HTTPS alone; a proxy with HTTPS in front says it itself.
    if (this.#certificate) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
    response.writeHead(status, { ...headers, ...(status === 304 ? {} : { 'Content-Length': body.length }) });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

/** For SIGHUP: says in the log how it went, and never rejects. */
export async function reloadLogged(relay: Relay, log: Log): Promise<void> {
  try {
    log('info', (await relay.reload()) ? 'certificate_reloaded' : 'nothing_to_reload');
  } catch (error) {
    log('error', 'certificate_kept', { code: codeOf(error), message: (error as Error).message });
  }
}
