// npm run hundred [-- NODES [KILLED]]: nodes in one process over WebSockets and the real relay; 100 and 30 by default.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './lib/paths.mjs';
import { script } from './lib/run.mjs';

/** @param {number[]} all */
const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1] ?? NaN;
/** @param {number} ms */
const shown = (ms) => (ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`);

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
    const figures = await runHundred({ nodes, killed, broadcasts: 20, memory: () => process.memoryUsage.rss() });
    const { links, broadcastMs, heardAfterwards } = figures;
    const rows = [
      ['nodes', String(nodes)],
      ['all linked', shown(figures.linkedMs)],
      ['links of a node: fewest, median, most', `${links.fewest}, ${links.median}, ${links.most}`],
      ['memory of a node, with its part of the relay', `${((figures.bytesEach ?? NaN) / 2 ** 20).toFixed(1)} MiB`],
      ['first broadcast that reached all, after that', shown(figures.readyMs)],
      ['broadcast of 256 B to all: median', shown(median(broadcastMs))],
      ['broadcast of 256 B to all: slowest of 20', shown(Math.max(...broadcastMs))],
      [
        `broadcast that reached the other ${figures.survivors - 1}, after ${killed} went at once`,
        shown(figures.recoveredMs),
      ],
      [
        'broadcasts after that which reached all',
        `${heardAfterwards.filter((n) => n === figures.survivors - 1).length} of 20`,
      ],
    ];
    for (const [name = '', value] of rows) console.log(`${name.padEnd(58)} ${value}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
