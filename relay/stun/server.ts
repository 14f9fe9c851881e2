/** A STUN server on a UDP port, so that members need to ask nobody else how the world sees them. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RelayError } from '../errors';
import { RateLimit } from '../rate';
import { answerStun } from './message';

export interface StunServer {
  readonly port: number;
  /** Answers given, for the operator. */
  readonly answered: number;
  stop(): Promise<void>;
}

/** Answers to one address in ten seconds: a page asks some ten times. A forged sender gets no flood from here. */
const ANSWERS = 100;
const WINDOW_MS = 10_000;

/** @throws RelayError `port_in_use`, `address_refused` */
export async function startStun(host: string, port: number, now: () => number): Promise<StunServer> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  const rate = new RateLimit(ANSWERS, WINDOW_MS, now);
  let answered = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      reject(explain(cause, host, port));
    });
    socket.bind(port, host, resolve);
  });
  socket.removeAllListeners('error');
  // An answer that cannot be delivered is nobody's problem here.
  socket.on('error', () => undefined);
  socket.on('message', (datagram, { address, port: from }) => {
    const answer = answerStun(datagram, address, from);
    if (!answer || !rate.take(address)) return;
    answered++;
    socket.send(answer, from, address);
  });
  return {
    port: socket.address().port,
    get answered() {
      return answered;
    },
    stop: () =>
      new Promise((resolve) =>
        socket.close(() => {
          resolve();
        }),
      ),
  };
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): RelayError {
  if (cause.code === 'EADDRINUSE') {
    return new RelayError('port_in_use', `UDP port ${String(port)} on ${host} is taken by another program`, {
      cause,
      advice: 'Choose another with --stun-port, or "off" for none.',
    });
  }
  return new RelayError('address_refused', `cannot listen on ${host}, UDP port ${String(port)}: ${cause.message}`, {
    cause,
    advice: 'Choose another with --stun-port, or "off" for none.',
  });
}
