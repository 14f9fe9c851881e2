// The digest of everything the build reads: it names the build, and tells a stale one.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ROOT } from './paths.mjs';

const ROOTS = [
  'index.html',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'tsconfig.base.json',
  'cli',
  'public',
  'relay',
  'scripts/build-cli.mjs',
  'scripts/build-skills.mjs',
  'scripts/build.mjs',
  'scripts/lib',
  'skills',
  'src',
  'workers',
];

/** Files the build makes among its sources; see .gitignore. */
const GENERATED = /^public\/skills\//;
const NOT_BUILT = /\.test\.ts$/;

/** @param {string} path @returns {string[]} */
function walk(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => (name === 'node_modules' ? [] : walk(join(path, name))));
}

/** SHA-256 (hex) over the sources' names and bytes. The same tree gives the same digest on every machine. */
export function sourcesDigest() {
  const names = ROOTS.flatMap((root) => walk(join(ROOT, root)))
    .map((path) => relative(ROOT, path).split(sep).join('/'))
    .filter((name) => !GENERATED.test(name) && !NOT_BUILT.test(name))
    .sort();
  const digest = createHash('sha256');
  for (const name of names) {
    const bytes = readFileSync(join(ROOT, name));
    digest.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return digest.digest('hex');
}
