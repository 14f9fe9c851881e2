import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DIST } from './paths.mjs';
import { Failure } from './run.mjs';

/** What the relay carries and holds beside a bare `ws` echo, as lines of a table. */
export function benchRelay() {
  const child = spawnSync(process.execPath, [join(DIST, 'bench', 'relay.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Failure(`The benchmark of the relay failed (exit ${child.status})`);
  /** @type {string[][]} */
  const rows = JSON.parse(child.stdout);
  return rows.map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(36) : cell.padStart(18))).join('  '));
}
