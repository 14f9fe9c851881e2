/** `POST /mesh/networks`: the first node of a new mesh brings the relay key. The other ways are in src/mesh/admission.ts. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { fromHex, parseJson, sha256, utf8 } from '../../src/crypto';
import type { Admission } from '../../src/mesh/admission';
import { NETWORK_KEY_BYTES } from '../../src/mesh/pnet';
import { readBody } from '../body';
import { RelayError } from '../errors';
import { securityHeaders } from '../headers';
import { codeOf, type Log } from '../log';
import { RateLimit } from '../rate';
import type { Answer } from '../respond';

export const ADMISSION_PATH = '/mesh/networks';
/** A key as hex in a little JSON. */
const BODY_BYTES = 256;
/** Wrong tokens of one address in an hour. Nothing else counts: any web page can ask from where its reader's own node is. */
const ATTEMPTS = 60;
const HOUR_MS = 3_600_000;

export interface AdmissionHttpOptions {
  admit: (key: Uint8Array) => Promise<void>;
  /** What an admitted node is told. */
  told: () => Admission;
  token: string | undefined;
  /** Whether a program or page on this machine needs no token: only where nothing else can reach the server. */
  trustsMachine: boolean;
  addressOf: (request: IncomingMessage) => string;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
  log: Log;
}

export class AdmissionHttp {
  readonly #options: AdmissionHttpOptions;
  readonly #attempts: RateLimit;

  constructor(options: AdmissionHttpOptions) {
    this.#options = options;
    this.#attempts = new RateLimit(ATTEMPTS, HOUR_MS, options.now);
  }

  /** Never rejects. */
  async answer(request: IncomingMessage): Promise<Answer> {
    if (request.method === 'OPTIONS')
      return { status: 204, headers: { ...HEADERS, ...PREFLIGHT }, body: Buffer.alloc(0) };
    if (request.method !== 'POST') return reply(405, { error: 'Only POST is served here.' }, { Allow: 'POST' });
    const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!this.#mayAsk(request, given)) {
      const tried = given !== undefined && !this.#attempts.take(this.#options.addressOf(request));
      return tried
        ? reply(429, { error: 'Too many attempts.' })
        : reply(403, { error: 'A token of this relay is needed.' });
    }
    try {
      const body = await readBody(request, BODY_BYTES);
      const key = body && keyIn(body);
      if (!key) return reply(400, { error: 'The body must be {"relay_key": 64 hex digits}.' });
      await this.#options.admit(key);
      return reply(200, this.#options.told());
    } catch (error) {
      const full = error instanceof RelayError && error.code === 'networks_full';
      // Else the disk: nothing was promised, and the node asks again.
      if (!full) this.#options.log('error', 'network_not_kept', { code: codeOf(error) });
      return reply(503, { error: full ? 'This relay serves no more networks.' : 'Not now.' });
    }
  }

  #mayAsk(request: IncomingMessage, given: string | undefined): boolean {
    const { token, trustsMachine } = this.#options;
    if (given !== undefined) return token !== undefined && sameText(given, token);
    return trustsMachine && isFromMachine(request);
  }
}

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether a program here or this server's own page asks. A page of another site does not: its Origin says so. Nor does
 * one whose name was made to resolve to this machine: the Host says so. Nor does anything behind a proxy.
 */
export function isFromMachine({ headers, socket }: IncomingMessage): boolean {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  return (
    /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/.test(socket.remoteAddress ?? '') &&
    FORWARDED.every((name) => headers[name] === undefined) &&
    /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host) &&
    (origin === undefined || origin === `${isSecure(socket) ? 'https' : 'http'}://${host}`) &&
    (site === undefined || site === 'same-origin')
  );
}

const isSecure = (socket: IncomingMessage['socket']): boolean => socket instanceof TLSSocket;

function keyIn(body: Uint8Array): Uint8Array | undefined {
  try {
    const value = parseJson(body);
    if (typeof value !== 'object' || value === null || !('relay_key' in value)) return undefined;
    const key = typeof value.relay_key === 'string' ? fromHex(value.relay_key) : undefined;
    return key?.length === NETWORK_KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

/** In a time that does not tell how much of it was right. */
const sameText = (a: string, b: string): boolean => timingSafeEqual(sha256(utf8(a)), sha256(utf8(b)));

/** A page that another server serves may ask with the token, and read the answer: a mesh has relays of several servers. */
const HEADERS: Readonly<Record<string, string>> = {
  ...securityHeaders(ADMISSION_PATH),
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Access-Control-Allow-Origin': '*',
};
const PREFLIGHT: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
};

function reply(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { ...HEADERS, 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: Buffer.from(`${JSON.stringify(body)}\n`),
  };
}
