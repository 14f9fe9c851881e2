/** A server's beginning and end. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RelayError } from './errors';

/** @returns the port. @throws RelayError `port_in_use`, `address_refused` */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(explain(cause, host, port));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
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
export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  const here = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host);
  const name = here ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return new URL(`${scheme}://${name}:${String(port)}/`).href;
}

/** Takes nothing new; what is under way may finish for so long, then it is cut. */
export function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
