/** What one request gets. Pure: no sockets and no disk, so every rule is a plain function of request and assets. */
import type { Asset, Assets, Encoding } from './assets';
import { securityHeaders, type Reachable } from './headers';

export interface Question {
  method: string;
  /** The request target as it came, undecoded. */
  target: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Health {
  status: 'ok' | 'stopping';
  version: string;
  build: string;
  uptime_ms: number;
  /** What is served here, and where the STUN responder is. Counts are in /metrics, for the operator alone. */
  serves: { app: boolean; relay: boolean; witness: boolean; stun: string | null };
}

const YEAR_SECONDS = 31_536_000;

/** `reachable`: see `securityHeaders`. */
export function respond(question: Question, assets: Assets, health: () => Health, reachable: Reachable = {}): Answer {
  if (question.method !== 'GET' && question.method !== 'HEAD') {
    return text(405, 'Only GET and HEAD are served here.', { Allow: 'GET, HEAD' });
  }
  const path = pathOf(question.target);
  if (path === undefined) return text(400, 'This address is not understood.');
  if (path === '/healthz') return json(health());
  const name = path === '/' ? '/index.html' : path;
  const asset = assets.get(name);
  if (asset !== undefined) return file(name, asset, question, reachable);
  const index = assets.get('/index.html');
  if (index !== undefined && isNavigation(question, path)) return file('/index.html', index, question, reachable);
  return text(404, 'There is nothing here.');
}

/** The decoded path, or undefined for one that is malformed or climbs (`..`, encoded or not). */
export function pathOf(target: string): string | undefined {
  const raw = target.split(/[?#]/, 1)[0] ?? '';
  if (!raw.startsWith('/')) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (path.includes('\\') || path.includes('\0')) return undefined;
  return path.split('/').some((part) => part === '..' || part === '.') ? undefined : path;
}

/** A person opening a page of the app by its address, not a script or an image that is missing. */
function isNavigation({ headers }: Question, path: string): boolean {
  if (/\.[^/]*$/.test(path)) return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? String(headers['accept'] ?? '').includes('text/html') : mode === 'navigate';
}

function file(name: string, asset: Asset, { headers }: Question, reachable: Reachable): Answer {
  const encoding = choose(String(headers['accept-encoding'] ?? ''), asset);
  const etag = `"${asset.sha256.slice(0, 32)}-${encoding}"`;
  const common = {
    ...securityHeaders(name, reachable),
    'Cache-Control': asset.immutable ? `public, max-age=${String(YEAR_SECONDS)}, immutable` : 'no-cache',
    ETag: etag,
    Vary: 'Accept-Encoding',
  };
  const known = String(headers['if-none-match'] ?? '').split(/\s*,\s*/);
  if (known.includes(etag)) return { status: 304, headers: common, body: Buffer.alloc(0) };
  return {
    status: 200,
    headers: {
      ...common,
      'Content-Type': asset.type,
      ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
    },
    body: asset.bodies[encoding] ?? asset.bodies.identity,
  };
}

/** The first of br, gzip that the client takes (RFC 9110, 12.5.3) and the build made. */
function choose(accept: string, asset: Asset): Encoding {
  const taken = new Map(
    accept
      .toLowerCase()
      .split(',')
      .map((item) => {
        const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
        return [name, !parameters.some((p) => /^q=0(\.0*)?$/.test(p))] as const;
      }),
  );
  const order: Encoding[] = ['br', 'gzip'];
  return order.find((encoding) => asset.bodies[encoding] !== undefined && taken.get(encoding) === true) ?? 'identity';
}

/** One that is going is not healthy: who chooses among several must choose another. */
function json(value: Health): Answer {
  return {
    status: value.status === 'ok' ? 200 : 503,
    headers: {
      ...securityHeaders('/healthz'),
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: Buffer.from(`${JSON.stringify(value)}\n`),
  };
}

/** Text that changes. */
export const plain = (body: string): Answer => text(200, body.trimEnd());

function text(status: number, message: string, extra: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      ...securityHeaders('/'),
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      ...extra,
    },
    body: Buffer.from(`${message}\n`),
  };
}
