// npm run hundred [-- NODES [KILLED]]: nodes in one process over WebSockets and the real relay; 100 and 30 by default.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './lib/paths.mjs';
import { script } from './lib/run.mjs';

const BROADCASTS = 50;
/** How long a broadcast may take before it counts as lost: gossip repairs in seconds what was lost with a link. */
const PATIENCE_MS = 10_000;

/** @param {number[]} all @param {number} share */
const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? NaN;
/** @param {number} ms */
const shown = (ms) => (ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** @param {string} when @param {number} others @param {import('../src/mesh/testing/crowd').Broadcasts} broadcasts */
const broadcastRows = (when, others, { ms, heard }) => [
  [
    `broadcasts of 256 B ${when} that reached all other ${others}`,
    `${heard.filter((n) => n === others).length} of ${ms.length}`,
  ],
  [`  to the last of them: p50, p99`, `${shown(percentile(ms, 0.5))}, ${shown(percentile(ms, 0.99))}`],
];

await script(async () => {
  const [nodes = 100, killed = 30] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'hundred-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      define: { __VERSION__: '"hundred"', __BUILD__: '"hundred"' },
      build: {
        ssr: 'src/mesh/testing/hundred.ts',
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: { output: { entryFileNames: 'hundred.mjs' } },
      },
    });
    /** @type {typeof import('../src/mesh/testing/hundred')} */
    const { runHundred } = await import(pathToFileURL(join(folder, 'hundred.mjs')).href);
    const figures = await runHundred({
      nodes,
      killed,
      broadcasts: BROADCASTS,
      patienceMs: PATIENCE_MS,
      memory: () => process.memoryUsage.rss(),
    });
    const { links, bytes, survivors } = figures;
    const mebibytes = (bytes ?? NaN) / 2 ** 20;
    const rows = [
      ['nodes', String(nodes)],
      ['every node can be reached through the relay after', shown(figures.startedMs)],
      ['every node has five links after', shown(figures.linkedMs)],
      ['links of a node: fewest, median, most', `${links.fewest}, ${links.median}, ${links.most}`],
      [
        'memory, relay included: in all, of a node',
        `${mebibytes.toFixed(0)} MiB, ${(mebibytes / nodes).toFixed(1)} MiB`,
      ],
      ['a broadcast reached all, from then on, after', shown(figures.readyMs)],
      ...broadcastRows('', nodes - 1, figures.before),
      [`${killed} die at once; a broadcast reached all that live after`, shown(figures.recoveredMs)],
      ...broadcastRows('after that', survivors - 1, figures.after),
    ];
    for (const [name = '', value] of rows) console.log(`${name.padEnd(66)} ${value}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
