// npm run bench [-- --only node|skills|relay|mesh --large N --long N]: the suite of bench/ in Node and in Chromium, and bundles of
// 10,000 and a million entries, as one table; then what skills cost. large: entries in the large log; long: entries in the
// long bundle.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aims } from './lib/aims.mjs';
import { DIST, RELAY, ROOT } from './lib/paths.mjs';
import { buildConstants } from './lib/constants.mjs';
import { benchLong } from './lib/long-bench.mjs';
import { benchMesh } from './lib/mesh-bench.mjs';
import { benchRelay } from './lib/relay-bench.mjs';
import { Failure, script } from './lib/run.mjs';
import { firstUrl } from './lib/server.mjs';
import { ensureBuilt, ensureChromium, ensureInstalled } from './lib/setup.mjs';
import { benchSkills } from './lib/skill-bench.mjs';
import { table } from './lib/table.mjs';

/** @typedef {import('./lib/table.mjs').Figure} Figure */
/** @typedef {{ type: 'figures', figures: Figure[] } | { type: 'failed', message: string }} Answer */

const PAGE = join(DIST, 'bench-page');
/** The browser's turn may fill a log of 100,000 entries on a slow disk. */
const BROWSER_MS = 15 * 60_000;

async function bundle() {
  const { build } = await import('vite');
  const { bundleForNode } = await import('./lib/node-bundles.mjs');
  await bundleForNode('bench', ['log', 'run-node', 'make-long', 'verify-long', 'relay', 'relay/server'], {});
  await build({
    configFile: false,
    root: join(ROOT, 'bench', 'page'),
    logLevel: 'warn',
    publicDir: false,
    define: buildConstants('bench'),
    worker: { format: 'es' },
    build: {
      outDir: PAGE,
      emptyOutDir: true,
      target: 'es2022',
      rolldownOptions: {
        input: ['index.html', 'skills.html', 'ipc.html', 'mesh.html'].map((name) => join(ROOT, 'bench', 'page', name)),
      },
    },
  });
}

/** @param {string} large @returns {Promise<Figure[]>} */
async function inNode(large) {
  const child = spawn(process.execPath, [join(DIST, 'bench', 'run-node.mjs'), large], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = await text(child.stdout);
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new Failure(`The benchmark in Node failed (exit ${code})`);
  return JSON.parse(output);
}

/** @param {string} large @returns {Promise<Figure[]>} */
async function inChromium(large) {
  const executablePath = await ensureChromium();
  const { chromium } = await import('playwright-core');
  const { CHROMIUM_ARGS } = await import('./lib/browsers.mjs');
  const relay = spawn(process.execPath, [RELAY, '--port', '0', '--app', PAGE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const url = await firstUrl(relay);
    const page = await browser.newPage();
    page.setDefaultTimeout(BROWSER_MS);
    await page.goto(`${url}?large=${large}`);
    const answer = await page.evaluate(
      () => /** @type {{ bench: Promise<Answer> }} */ (/** @type {unknown} */ (globalThis)).bench,
    );
    if (answer.type === 'failed') throw new Failure(`The benchmark in Chromium failed: ${answer.message}`);
    return answer.figures;
  } finally {
    await browser.close();
    relay.kill();
  }
}

/** @param {import('node:stream').Readable} stream */
async function text(stream) {
  const chunks = [];
  for await (const chunk of stream.setEncoding('utf8')) chunks.push(chunk);
  return chunks.join('');
}

/** @param {{ large: string, long: string }} sizes */
async function benchNode({ large, long: entries }) {
  console.log('Running in Node');
  const node = await inNode(large);
  console.log('Running in Chromium');
  const browser = await inChromium(large);
  console.log(`Verifying ${entries} entries; making them takes a while`);
  const long = benchLong(Number(entries));
  console.log(`\n${table({ Node: node, Chromium: browser, Bundles: long.figures })}`);
  for (const line of [...aims({ Node: node, Chromium: browser }), ...long.notes]) console.log(line);
}

await script(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      large: { type: 'string', default: '100000' },
      long: { type: 'string', default: '1000000' },
    },
  });
  await ensureInstalled();
  await ensureBuilt();
  await bundle();
  const wants = (/** @type {string} */ part) => values.only === undefined || values.only === part;
  if (wants('node')) await benchNode(values);
  if (wants('skills')) console.log(`\n${(await benchSkills()).join('\n')}`);
  if (wants('mesh')) console.log(`\n${(await benchMesh()).join('\n')}`);
  if (wants('relay')) console.log(`\n${benchRelay().join('\n')}`);
});
