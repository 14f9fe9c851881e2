import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BUILD, VERSION } from '../src/protocol/build-info';
import { LIMITS } from '../src/protocol/limits';
import type { Assets } from './assets';
import type { Witness } from '../src/witness';
import { Proxies } from './client-address';
import { RelayError } from './errors';
import { metricsText } from './metrics';
import { RADIO_LIMITS } from './radio';
import { ADMISSION_PATH, isFromMachine } from './radio/http';
import type { MeshService } from './radio/service';
import { pathOf, plain, respond, type Answer, type Health } from './respond';
import { isWitnessPath, WitnessHttp } from './witness/http';

export interface Relay {
  /** Where a browser on this machine finds it. */
  readonly url: string;
  readonly port: number;
  readonly mesh: MeshService | undefined;
  /** Takes no new connection, lets what is under way finish for `LIMITS.relayStopMs`, then cuts. Safe to call twice. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  assets: Assets;
  host: string;
  port: number;
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
  /** Opens the relay of private networks, when it is known where the server listens. */
  mesh?: (url: string) => Promise<MeshService>;
}

/** Starts listening. @throws RelayError `port_in_use`, `address_refused`. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { witnessOrigins: witnesses = [], skillOrigins: hosts = [], relayOrigins: relays = [] } = options;
  const reachable = { witnesses, hosts, relays };
  const { addressOf } = options.proxies ?? new Proxies([]);
  let mesh: MeshService | undefined;
  const startedAt = performance.now();
  let stopped: Promise<void> | undefined;
  const health = (): Health => ({
    status: stopped === undefined ? 'ok' : 'stopping',
    version: VERSION,
    build: BUILD,
    uptime_ms: Math.round(performance.now() - startedAt),
  });
  const witness =
    options.witness &&
    new WitnessHttp(options.witness, () => performance.now(), addressOf, options.witnessRegistrations);
  const server = createServer(
    {
      requestTimeout: LIMITS.relayRequestMs,
      headersTimeout: LIMITS.relayRequestMs,
      keepAliveTimeout: LIMITS.relayStopMs,
      // Node looks only every 30 s for sockets that say nothing.
      connectionsCheckingInterval: LIMITS.relayStopMs,
    },
    (request, response) => {
      const path = pathOf(request.url ?? '') ?? '';
      const send = (answer: Answer): void => sendAnswer(request, response, answer, stopped !== undefined);
      if (witness && isWitnessPath(path)) return void witness.answer(request, path).then(send);
      if (path === '/metrics' && isFromMachine(request)) {
        const uptimeMs = performance.now() - startedAt;
        return send(plain(metricsText(mesh?.status(), uptimeMs, process.memoryUsage().rss)));
      }
      if (mesh && path === ADMISSION_PATH) return void mesh.answer(request).then(send);
      const question = { method: request.method ?? '', target: request.url ?? '', headers: request.headers };
      send(respond(question, options.assets, health, reachable));
    },
  );
  server.maxConnections = LIMITS.relayConnections + RADIO_LIMITS.connections;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const url = urlOf(options.host, port);
  try {
    mesh = await options.mesh?.(url);
  } catch (error) {
    await close(server);
    throw error;
  }
  // Without this listener Node answers an upgrade like any request.
  if (mesh) server.on('upgrade', mesh.radio.upgrade);
  const stop = async (): Promise<void> => {
    await Promise.all([mesh?.stop(), close(server)]);
  };
  return { url, port, mesh, stop: () => (stopped ??= stop()) };
}

function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer, last: boolean): void {
  const { status, headers, body } = answer;
  if (last) response.setHeader('Connection', 'close');
  response.writeHead(status, { ...headers, ...(status === 304 ? {} : { 'Content-Length': body.length }) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(explain(cause, host, port));
    });
    server.listen(port, host, resolve);
  });
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): RelayError {
  if (cause.code === 'EADDRINUSE') {
    return new RelayError('port_in_use', `port ${String(port)} on ${host} is taken by another program`, {
      cause,
      advice:
        'Stop that program, or choose another port with --port. A node lives under its address: on another port the browser shows another node.',
    });
  }
  return new RelayError('address_refused', `cannot listen on ${host}, port ${String(port)}: ${cause.message}`, {
    cause,
    advice: 'Choose an address of this machine with --host, and a port above 1023 with --port.',
  });
}

/** `localhost` for the loopback address: passkeys need a name, and browsers refuse an IP address there (WebAuthn, 5.1.2). */
function urlOf(host: string, port: number): string {
  const here = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host);
  const name = here ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${String(port)}/`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, LIMITS.relayStopMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
