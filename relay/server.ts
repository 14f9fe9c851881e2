import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BUILD, VERSION } from '../src/protocol/build-info';
import { LIMITS } from '../src/protocol/limits';
import type { Assets } from './assets';
import { RelayError } from './errors';
import { respond, type Health } from './respond';

export interface Relay {
  /** Where a browser on this machine finds it. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets what is under way finish for `LIMITS.relayStopMs`, then cuts. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts listening. @throws RelayError `port_in_use`, `address_refused`. */
export async function startRelay(options: { assets: Assets; host: string; port: number }): Promise<Relay> {
  const startedAt = performance.now();
  let stopped: Promise<void> | undefined;
  const health = (): Health => ({
    status: stopped === undefined ? 'ok' : 'stopping',
    version: VERSION,
    build: BUILD,
    uptime_ms: Math.round(performance.now() - startedAt),
  });
  const server = createServer(
    {
      requestTimeout: LIMITS.relayRequestMs,
      headersTimeout: LIMITS.relayRequestMs,
      keepAliveTimeout: LIMITS.relayStopMs,
    },
    (request, response) => {
      const question = { method: request.method ?? '', target: request.url ?? '', headers: request.headers };
      const { status, headers, body } = respond(question, options.assets, health);
      if (stopped !== undefined) response.setHeader('Connection', 'close');
      response.writeHead(status, { ...headers, ...(status === 304 ? {} : { 'Content-Length': body.length }) });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
  );
  server.maxConnections = LIMITS.relayConnections;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return { url: urlOf(options.host, port), port, stop: () => (stopped ??= close(server)) };
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
