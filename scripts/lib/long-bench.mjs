// Bundles of a real length: how long the verifier takes and how much memory at most, next to the bundle's own script.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DIST, ROOT } from './paths.mjs';
import { Failure } from './run.mjs';

/** @typedef {import('./table.mjs').Figure} Figure */

const SCRIPTED = 10_000;
const MIB = 1024 * 1024;
/** ms a block that the seed's implementation publishes for its own check; it looks at hashes only. */
const SEED_MS = { best: 0.008, worst: 0.013 };
/** ms for one append by the seed's implementation at so many blocks, as it publishes them: it reads the whole file each time. */
const SEED_APPENDS = new Map([
  [100, 0.05],
  [1_000, 0.37],
  [10_000, 7.7],
]);

/**
 * @param {number} entries of the long bundle
 * @returns {{ figures: Figure[], notes: string[] }} rows, all in ms per entry, and what has no place in a row
 */
export function benchLong(entries) {
  const home = mkdtempSync(join(tmpdir(), 'sovereign-long-'));
  try {
    const short = make(home, SCRIPTED);
    const long = make(home, entries);
    const folder = join(home, 'bundle');
    execFileSync('unzip', ['-q', short.path, '-d', folder]);
    const script = timeScript(folder, [join(folder, 'verify.sh'), `${short.path}.pem`]);
    const lines = timeScript(folder, ['-c', fiveLines(), 'five-lines', `${short.path}.pem`]);
    const [ours, most] = [verify(short), verify(long)];
    const seconds = `${(most.ms / 1000).toFixed(0)} s`;
    return {
      figures: [
        row(`verify.sh on ${SCRIPTED}`, SCRIPTED, script),
        { ...row(`five lines of shell on ${SCRIPTED}`, SCRIPTED, lines), baseline: `verify.sh on ${SCRIPTED}` },
        { ...row(`verify bundle of ${SCRIPTED}`, SCRIPTED, ours.ms), baseline: `verify.sh on ${SCRIPTED}` },
        { ...row(`verify bundle of ${entries}`, entries, most.ms), baseline: `verify bundle of ${SCRIPTED}` },
        { ...row('seed verifies a block', 1, SEED_MS.best), p95: SEED_MS.worst, p99: SEED_MS.worst },
        ...[...SEED_APPENDS].map(([blocks, ms]) => row(`seed appends a block at ${blocks}`, 1, ms)),
      ],
      notes: [
        `${entries} entries (${(long.log / MIB).toFixed(0)} MiB of log, ${(long.zip / MIB).toFixed(0)} MiB of zip) were verified in ${seconds}. Memory at most: ${(most.peak / MIB).toFixed(0)} MiB, ${(most.more / MIB).toFixed(0)} more than before; for ${SCRIPTED} entries ${(ours.more / MIB).toFixed(0)} more.`,
        "The seed's rows are the figures that it publishes (verifying 8 to 13 µs), not measured here: it checks hashes, no signature.",
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** @param {string} home @param {number} entries @returns {{ path: string, zip: number, log: number }} */
function make(home, entries) {
  const path = join(home, `${entries}.zip`);
  return { path, ...JSON.parse(run('make-long', String(entries), path)) };
}

/** @param {{ path: string }} bundle @returns {import('../../bench/verify-long.ts').LongFigure} */
const verify = ({ path }) => JSON.parse(run('verify-long', path, `${path}.pem`));

/** @param {string} name @param {readonly string[]} args */
function run(name, ...args) {
  return execFileSync(process.execPath, [join(DIST, 'bench', `${name}.mjs`), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** @param {string} cwd @param {readonly string[]} args of bash @returns {number} ms */
function timeScript(cwd, args) {
  const start = performance.now();
  const { status, stderr } = spawnSync('bash', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Failure(`a script failed on a good bundle (exit ${status}): ${stderr}`);
  return performance.now() - start;
}

/** As docs/bundle-format.md hands them out. */
function fiveLines() {
  const block = /```bash\n(set -eo pipefail[^`]*)```/.exec(
    readFileSync(join(ROOT, 'docs', 'bundle-format.md'), 'utf8'),
  )?.[1];
  if (block === undefined) throw new Failure('docs/bundle-format.md has no five lines of shell');
  return block;
}

/** @param {string} name @param {number} n @param {number} ms @returns {Figure} */
function row(name, n, ms) {
  const each = ms / n;
  return { name, n, p50: each, p95: each, p99: each, perSecond: 1000 / each };
}
