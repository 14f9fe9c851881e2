#!/usr/bin/env node
// Runs the terminal, building it first where it is missing or of other sources.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourcesDigest } from '../scripts/lib/sources.mjs';

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function isCurrent() {
  const stamp = here('../dist/cli/sources.sha256');
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === sourcesDigest();
}

function build() {
  if (!existsSync(here('../node_modules/vite'))) {
    console.error('The packages are not installed. Run: npm ci');
    return false;
  }
  console.error('Building the terminal (once for these sources) …');
  // Its output goes to stderr, so that what the command prints stays the command's.
  const { status } = spawnSync(process.execPath, [here('../scripts/build-cli.mjs')], { stdio: ['ignore', 2, 2] });
  return status === 0;
}

// The relay serves the whole app, so it is built as `npm start` builds it.
if (process.argv[2] === 'relay') {
  process.argv.splice(2, 1);
  await import(new URL('../scripts/start.mjs', import.meta.url).href);
} else if (isCurrent() || build()) await import(new URL('../dist/cli/main.mjs', import.meta.url).href);
else process.exitCode = 1;
