// Makes a fresh clone ready. Imports nothing from node_modules: it runs before there is any.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT } from './paths.mjs';
import { Failure, must, run, tool } from './run.mjs';
import { sourcesDigest } from './sources.mjs';

const STAMP = join(DIST, 'sources.sha256');

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} Locked */

/** Installs what package-lock.json names, where node_modules is not that. */
export async function ensureInstalled() {
  refuseOldNode();
  if (isInstalled()) return;
  console.log('Installing packages (npm ci)');
  // `npm test --silent` hands its silence down; an installation that fails must say why.
  const options = { env: { npm_config_loglevel: 'warn', npm_config_fetch_retries: '5' } };
  if ((await run(['npm', 'ci'], options)) === 0) return;
  console.log('Once more: a registry may have been away');
  await must('npm ci', ['npm', 'ci'], options);
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failure(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
  }
}

/** npm notes what it installed in a lock of its own; optional packages may be missing, as other platforms' binaries are. */
function isInstalled() {
  const installed = packagesOf(join(ROOT, 'node_modules', '.package-lock.json'));
  const wanted = packagesOf(join(ROOT, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([name, { version, optional, devOptional }]) => {
    if (name === '') return true;
    const found = installed[name];
    return found === undefined ? optional === true || devOptional === true : found.version === version;
  });
}

/** @param {string} path @returns {Record<string, Locked> | undefined} */
function packagesOf(path) {
  if (!existsSync(path)) return undefined;
  /** @type {{ packages: Record<string, Locked> }} */
  const { packages } = JSON.parse(readFileSync(path, 'utf8'));
  return packages;
}

/** Builds where the last build was of other sources. */
export async function ensureBuilt() {
  const digest = sourcesDigest();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8').trim() === digest) return;
  console.log('Building');
  await must('The build', ['node', 'scripts/build.mjs']);
}

/** Notes which sources dist/ was built of. @param {string} digest */
export function stampBuild(digest) {
  mkdirSync(DIST, { recursive: true });
  writeFileSync(STAMP, `${digest}\n`);
}

/** The Chromium that tests use; Playwright's own is fetched where the machine has none. @returns {Promise<string>} */
export async function ensureChromium() {
  const { findChromium, HOW_TO_GET_CHROMIUM } = await import('./browsers.mjs');
  const found = findChromium();
  if (found !== undefined) return found;
  console.log('No Chromium on this machine: fetching the one that Playwright brings');
  await must('The download', tool('playwright-core', 'install', 'chromium')).catch(() => undefined);
  const fetched = findChromium();
  if (fetched === undefined) throw new Failure(HOW_TO_GET_CHROMIUM);
  return fetched;
}
