// npm run bench -- --only mesh: calls from a page and between browsers, and gossip in a SharedWorker beside a window.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aim } from './aims.mjs';
import { CHROMIUM_ARGS } from './browsers.mjs';
import { DIST, RELAY } from './paths.mjs';
import { Failure } from './run.mjs';
import { firstUrl } from './server.mjs';
import { ensureChromium } from './setup.mjs';
import { table } from './table.mjs';

/** @typedef {import('./table.mjs').Figure} Figure */
/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {'window' | 'worker'} Where */
/** @typedef {{ a: Page, b: Page, peer: string, oneWay: number[], sent: number, ms: number }} Pair */

const PAGE = join(DIST, 'bench-page');
const BROWSER_MS = 10 * 60_000;
/** Short and in turn, so that what else the machine does falls on both alike. */
const ROUNDS = 10;
const MESSAGES = 100;
const FLOOD = 1_000;
const MESSAGE_BYTES = 256;
const CALLS = 2_000;
const AT_ONCE = 8;

/** @param {Browser} browser @param {string} url */
async function open(browser, url) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(BROWSER_MS);
  page.on('pageerror', (error) => console.error(String(error)));
  await page.goto(url);
  return page;
}

/** @param {Page} page @param {string} name of a function of bench/page/mesh-side.ts @param {...unknown} args @returns {Promise<any>} */
const call = (page, name, ...args) =>
  page.evaluate(([name, args]) => {
    const self = /** @type {{ side(name: string, ...args: unknown[]): Promise<unknown> }} */ (
      /** @type {unknown} */ (globalThis)
    );
    // Bytes do not cross to a page as such.
    return self.side(name, ...args.map((value) => (Array.isArray(value) ? Uint8Array.from(value) : value)));
  }, /** @type {[string, unknown[]]} */ ([name, args]));

/** @param {Page} page @returns {Promise<number>} */
const bytesIn = (page) =>
  page.evaluate(() => /** @type {{ bytesIn(): Promise<number> }} */ (/** @type {unknown} */ (globalThis)).bytesIn());

/** @param {readonly [Browser, Browser]} browsers @param {string} url @param {Where} where @returns {Promise<Pair>} */
async function openPair([left, right], url, where) {
  const key = [...crypto.getRandomValues(new Uint8Array(32))];
  const [a, b] = [await open(left, `${url}mesh.html?in=${where}`), await open(right, `${url}mesh.html?in=${where}`)];
  const [self, peer] = await Promise.all(
    [a, b].map((page) => call(page, 'join', key, [...crypto.getRandomValues(new Uint8Array(32))])),
  );
  await Promise.all([call(a, 'linked', peer), call(b, 'linked', self)]);
  return { a, b, peer, oneWay: [], sent: 0, ms: 0 };
}

/** @param {Pair} pair */
async function round(pair) {
  const { a, b } = pair;
  pair.oneWay.push(...(await call(a, 'oneWay', MESSAGES)));
  const before = await bytesIn(b);
  const [ms] = await Promise.all([call(b, 'flooded', FLOOD), call(a, 'flood', FLOOD)]);
  if ((await bytesIn(b)) - before < FLOOD * MESSAGE_BYTES) throw new Failure('The messages did not go directly');
  pair.sent += FLOOD;
  pair.ms += ms;
}

/**
 * Needs the pages of bench/page and bench/log to be built.
 * @returns {Promise<string[]>} lines to be printed
 */
export async function benchMesh() {
  const { figure } = await import(join(DIST, 'bench', 'log.mjs'));
  const state = mkdtempSync(join(tmpdir(), 'sovereign-bench-'));
  const relay = spawn(process.execPath, [RELAY, '--port', '0', '--app', PAGE, '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { chromium } = await import('playwright-core');
  const launch = async () => chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_ARGS });
  /** @type {Browser[]} */
  const browsers = [];
  try {
    const url = await firstUrl(relay);
    console.log('Calling a node from its page');
    const left = await launch();
    browsers.push(left);
    const page = await open(left, `${url}ipc.html`);
    /** @type {Figure[]} */
    const ipc = await page.evaluate(
      () => /** @type {{ bench: Promise<Figure[]> }} */ (/** @type {unknown} */ (globalThis)).bench,
    );
    await page.context().close();

    console.log('Two browsers, in a window and in a SharedWorker');
    const right = await launch();
    browsers.push(right);
    const inWindow = await openPair([left, right], url, 'window');
    const inWorker = await openPair([left, right], url, 'worker');
    // The first round warms up.
    for (let i = 0; i <= ROUNDS; i++) {
      for (const pair of [inWindow, inWorker]) {
        await round(pair);
        if (i === 0) Object.assign(pair, { oneWay: [], sent: 0, ms: 0 });
      }
    }
    const asked = await call(inWorker.a, 'asked', inWorker.peer, CALLS, AT_ONCE);
    const over = (/** @type {string} */ name, /** @type {string} */ baseline, /** @type {Figure} */ row) => ({
      ...row,
      name,
      baseline,
    });
    const mesh = [
      ...ipc,
      over('ipc Ping over the mesh', 'ipc Ping from a page', figure('', asked.times)),
      over(`ipc Ping over the mesh, ${AT_ONCE} at once`, 'ipc Ping from a page', figure('', [asked.together], CALLS)),
      figure('256 B one way, window', inWindow.oneWay),
      over('256 B one way, SharedWorker', '256 B one way, window', figure('', inWorker.oneWay)),
      figure('256 B flood, window', [inWindow.ms], inWindow.sent),
      over('256 B flood, SharedWorker', '256 B flood, window', figure('', [inWorker.ms], inWorker.sent)),
    ];
    const named = (/** @type {string} */ name) => mesh.find((row) => row.name === name);
    const ratio = (/** @type {'p50' | 'perSecond'} */ what, /** @type {string} */ name) =>
      (named(`256 B ${name}, SharedWorker`)?.[what] ?? NaN) / (named(`256 B ${name}, window`)?.[what] ?? NaN);
    return [
      table({ Chromium: mesh }),
      aim('ms for a call from a page', named('ipc Ping from a page')?.p50, '<=', 0.2),
      aim('calls/s from a page', named('ipc Ping from a page, 64 at once')?.perSecond, '>=', 8_000),
      aim('ms for 256 B one way : in a window', ratio('p50', 'one way'), '<=', 1.4),
      aim('messages/s of 256 B : in a window', ratio('perSecond', 'flood'), '>=', 0.95),
    ];
  } finally {
    for (const browser of browsers) await browser.close();
    relay.kill();
    rmSync(state, { recursive: true, force: true });
  }
}
