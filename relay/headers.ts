/**
 * The headers every response carries. One list for the relay, `vite preview` and (loosened where Vite needs it) the dev
 * server, so that what was tested is what is served.
 */
import { basename } from 'node:path/posix';

const CSP: Readonly<Record<string, string>> = {
  'default-src': "'self'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'default svelte-trusted-html',
};

/** A skill's worker computes and nothing else: no fetch, no WebSocket, no import, no eval. WASM still runs. */
const SKILL_CSP = "default-src 'none'; script-src 'wasm-unsafe-eval'";

const COMMON: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(self), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)',
};

function policy(overrides: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...CSP, ...overrides })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

/** `assets/skill-<hash>.js`: the name the build gives the skill worker's script. */
export function isSkillWorker(path: string): boolean {
  return /^skill-[\w-]+\.js$/.test(basename(path));
}

/** `assets/node.shared-<hash>.js`, `assets/node.dedicated-<hash>.js`: the node's own worker. */
function isNodeWorker(path: string): boolean {
  return /^node\.(?:shared|dedicated)-[\w-]+\.js$/.test(basename(path));
}

/** Origins besides our own that may be asked: named one by one, so that nothing can be sent anywhere else. */
export interface Reachable {
  /** For cosignatures. */
  witnesses?: readonly string[];
  /** By the node alone, for skills that their owners granted these hosts. */
  hosts?: readonly string[];
  /** By the node alone: other relays of its mesh, as http(s) origins. */
  relays?: readonly string[];
}

/** Security headers for the file at `path` (as in the URL). */
export function securityHeaders(
  path: string,
  { witnesses = [], hosts = [], relays = [] }: Reachable = {},
): Record<string, string> {
  // A relay is asked over HTTP to serve a mesh, and then talked to over a WebSocket.
  const mesh = relays.flatMap((origin) => [origin, origin.replace(/^http/, 'ws')]);
  const connect = {
    'connect-src': ["'self'", ...witnesses, ...(isNodeWorker(path) ? [...hosts, ...mesh] : [])].join(' '),
  };
  return { ...COMMON, 'Content-Security-Policy': isSkillWorker(path) ? SKILL_CSP : policy(connect) };
}

/** For answers that a page of any origin may read, and that are no page themselves. */
export function witnessHeaders(): Record<string, string> {
  return {
    ...COMMON,
    'Content-Security-Policy': "default-src 'none'",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Cache-Control': 'no-store',
  };
}

/** For the dev server: Vite puts styles in by script and talks to the page over a WebSocket. */
export function devSecurityHeaders(): Record<string, string> {
  return {
    ...COMMON,
    'Content-Security-Policy': policy({ 'style-src': "'self' 'unsafe-inline'", 'connect-src': "'self' ws:" }),
  };
}
