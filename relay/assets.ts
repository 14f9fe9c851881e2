/**
 * The built app, read whole at start. A closed map from URL path to bytes: a path that is not in it cannot be served,
 * whatever it looks like, and a rebuild under a running relay cannot mix two builds.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { RelayError } from './errors';

export type Encoding = 'br' | 'gzip' | 'identity';

export interface Asset {
  type: string;
  /** Named by content hash, so it may be cached for ever. */
  immutable: boolean;
  /** `identity` is always there; the others where the build made them. */
  bodies: Partial<Record<Encoding, Buffer>> & { identity: Buffer };
  /** Of the identity body; quoted by whoever sends it. */
  sha256: string;
}

/** URL path (`/assets/x.js`) → asset. */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.yaml': 'application/yaml; charset=utf-8',
};
const VARIANTS: readonly [suffix: string, encoding: Encoding][] = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
];

/** @throws RelayError `app_missing` when `directory` holds no index.html. */
export async function loadAssets(directory: string): Promise<Assets> {
  const files = await list(directory);
  if (!files.has('index.html')) {
    throw new RelayError('app_missing', `there is no built app in ${directory}`, { advice: 'Run: npm run build' });
  }
  const isVariant = (name: string) =>
    VARIANTS.some(([suffix]) => name.endsWith(suffix) && files.has(name.slice(0, -suffix.length)));
  const assets = new Map<string, Asset>();
  for (const name of files) {
    if (!isVariant(name)) assets.set(`/${name}`, await load(directory, name, files));
  }
  return assets;
}

async function list(directory: string): Promise<Set<string>> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new RelayError('app_missing', `cannot read ${directory}`, { cause, advice: 'Run: npm run build' });
  });
  const files = found.filter((entry) => entry.isFile());
  return new Set(files.map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/')));
}

async function load(directory: string, name: string, files: ReadonlySet<string>): Promise<Asset> {
  const identity = await readFile(join(directory, name));
  const bodies: Asset['bodies'] = { identity };
  for (const [suffix, encoding] of VARIANTS) {
    if (files.has(name + suffix)) bodies[encoding] = await readFile(join(directory, name + suffix));
  }
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    immutable: /^assets\/.+-[\w-]{8}\.\w+(\.map)?$/.test(name),
    bodies,
    sha256: createHash('sha256').update(identity).digest('hex'),
  };
}
