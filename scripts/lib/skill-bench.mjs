// npm run bench -- --only skills: what metering costs in Node, Chromium and Firefox, and what a run costs beside its work.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import wabt from 'wabt';
import { aim } from './aims.mjs';
import { CHROMIUM_ARGS, findFirefox } from './browsers.mjs';
import { bundleForNode } from './node-bundles.mjs';
import { DIST, RELAY, ROOT } from './paths.mjs';
import { firstUrl } from './server.mjs';
import { ensureChromium } from './setup.mjs';
import { bundleSkillThread } from './skill-thread.mjs';

/**
 * @typedef {{ name: string, plain: number, gas: number, all: number }} Overhead
 * @typedef {{ cold: number, warm: number, warmP95: number, endless: number, stopped: number, killed: number }} Runs
 * @typedef {{ overhead: Overhead[], throughput: number, runs: Runs }} Measured
 */

const PAGE = join(DIST, 'bench-page');
/** What AssemblyScript compiles, and what is there as text. */
const KERNELS = ['sha256', 'nbody', 'matmul', 'fannkuch', 'json', 'fib-naive', 'mix', 'echo', 'loop'];
const TEXTS = ['fib'];
/** Shown, and not among the programs that the aims are for: V8 inlines the calls of the plain one, so what it is compared with is no call. */
const BESIDE = ['fib-naive'];
const MODULES = {
  quickjs: '@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm',
  sqlite: 'sql.js/dist/sql-wasm.wasm',
};
const COPIES = 3;
const BROWSER_MS = 10 * 60_000;

/** @returns {Promise<string>} the folder, which the page has at /skills/ */
async function prepare() {
  const folder = join(PAGE, 'skills');
  mkdirSync(folder, { recursive: true });
  for (const name of KERNELS) writeFileSync(join(folder, `${name}.wasm`), await compile(name));
  const tools = await wabt();
  for (const name of TEXTS) {
    const text = readFileSync(join(ROOT, 'bench/kernels', `${name}.wat`), 'utf8');
    writeFileSync(join(folder, `${name}.wasm`), tools.parseWat(name, text).toBinary({}).buffer);
  }
  for (const [name, file] of Object.entries(MODULES))
    writeFileSync(join(folder, `${name}.wasm`), readFileSync(join(ROOT, 'node_modules', file)));
  const glue = readFileSync(join(ROOT, 'node_modules/sql.js/dist/sql-wasm.js'), 'utf8');
  const inNode =
    "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url), __dirname = '.';\n";
  // The glue is a script, and assigns to this.
  const script = `let module;\n${glue}\nexport default initSqlJs;\n`;
  for (let copy = 0; copy < COPIES; copy++) {
    writeFileSync(join(folder, `sqlite-${copy}.js`), script);
    writeFileSync(join(folder, `sqlite-node-${copy}.mjs`), inNode + script);
  }
  await bundleSkillThread(folder);
  await bundleForNode('bench/skills', ['run-node'], {});
  return folder;
}

/** @param {string} name of a source in bench/kernels @returns {Promise<Uint8Array>} */
async function compile(name) {
  /** @type {Uint8Array | undefined} */
  let module;
  let complaints = '';
  const { error } = await asc.main(
    [
      `bench/kernels/${name}.ts`,
      '--baseDir',
      ROOT,
      '--outFile',
      'out.wasm',
      '-O3',
      '--runtime',
      'stub',
      '--use',
      'abort=',
    ],
    {
      stderr: { write: (chunk) => void (complaints += String(chunk)) },
      writeFile: (file, contents) => {
        if (file === 'out.wasm' && typeof contents !== 'string') module = contents;
      },
    },
  );
  if (error || !module) throw new Error(`bench/kernels/${name}.ts does not compile:\n${complaints}`, { cause: error });
  return module;
}

/** @param {string} folder @returns {Measured} */
function inNode(folder) {
  const out = execFileSync(process.execPath, [join(DIST, 'bench/skills/run-node.mjs'), folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out);
}

/** @param {import('playwright-core').Browser} browser @param {string} url @returns {Promise<Measured>} */
async function inBrowser(browser, url) {
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(BROWSER_MS);
    await page.goto(`${url}/skills.html`.replace(/([^:])\/\//, '$1/'));
    return await page.evaluate(
      () => /** @type {{ bench: Promise<Measured> }} */ (/** @type {unknown} */ (globalThis)).bench,
    );
  } finally {
    await browser.close();
  }
}

/**
 * Needs the pages of bench/page to be built.
 * @returns {Promise<string[]>} lines to be printed
 */
export async function benchSkills() {
  const folder = await prepare();
  console.log('Running skills in Node');
  /** @type {Record<string, Measured>} */
  const realms = { Node: inNode(folder) };
  const { chromium, firefox } = await import('playwright-core');
  const relay = spawn(process.execPath, [RELAY, '--port', '0', '--app', PAGE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await firstUrl(relay);
    console.log('Running skills in Chromium');
    const executablePath = await ensureChromium();
    realms['Chromium'] = await inBrowser(await chromium.launch({ executablePath, args: CHROMIUM_ARGS }), url);
    const fox = findFirefox();
    if (fox === undefined) console.log('There is no Firefox here');
    else {
      console.log('Running skills in Firefox');
      realms['Firefox'] = await inBrowser(await firefox.launch({ executablePath: fox, channel: 'moz-firefox' }), url);
    }
  } finally {
    relay.kill();
  }
  return Object.entries(realms).flatMap(([realm, measured]) => [...report(realm, measured), '']);
}

/** @param {readonly number[]} ratios */
const geomean = (ratios) => Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

/** @param {string} realm @param {Measured} measured @returns {string[]} */
function report(realm, { overhead, throughput, runs }) {
  const counted = overhead.filter(({ name }) => !BESIDE.includes(name));
  const gas = counted.map((row) => row.gas);
  const all = counted.map((row) => row.all);
  const line = (/** @type {string[]} */ cells) =>
    cells.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(12))).join('');
  const cells = (/** @type {Overhead} */ { name, plain, gas, all }) =>
    line([name.replace('-naive', ' (naive)'), ...[plain, gas, all].map((value) => value.toFixed(2))]);
  return [
    line([realm, 'plain ms', 'gas only', 'everything']),
    ...counted.map(cells),
    line(['geomean', '', geomean(gas).toFixed(3), geomean(all).toFixed(3)]),
    line(['worst', '', Math.max(...gas).toFixed(2), Math.max(...all).toFixed(2)]),
    ...overhead
      .filter((row) => !counted.includes(row))
      .map((row) => `${cells(row)}  beside the aims: see bench/kernels`),
    ...aims(realm, geomean(gas), geomean(all), Math.max(...all), throughput, runs),
    `        cold start ${runs.cold.toFixed(1)} ms, warm start p95 ${runs.warmP95.toFixed(1)} ms`,
    `        a loop that is stopped: told after ${runs.stopped.toFixed(1)} ms, its thread gone ${runs.killed.toFixed(0)} ms later`,
  ];
}

/** @param {string} realm the aims are Chromium's @param {number} gas @param {number} all @param {number} worst @param {number} throughput @param {Runs} runs */
function aims(realm, gas, all, worst, throughput, runs) {
  /** @type {[what: string, value: number, how: '>=' | '<=', wanted: number][]} */
  const rows = [
    ['gas only, geometric mean', gas, '<=', 1.12],
    ['everything, geometric mean', all, '<=', 1.25],
    ['everything, worst', worst, '<=', 2.5],
    ['MB/s instrumented', throughput, '>=', 20],
    ['ms for a warm start, p50', runs.warm, '<=', 2],
    ['ms for an endless loop at the default gas', runs.endless, '<=', 250],
  ];
  return rows.map((row) => (realm === 'Chromium' ? aim(...row) : `        ${row[0]}: ${row[1].toPrecision(3)}`));
}
