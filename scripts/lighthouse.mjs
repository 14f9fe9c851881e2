// npm run lighthouse [-- --path /#/audit]: scores of the built app behind the real server; fails below the aim.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RELAY, ROOT } from './lib/paths.mjs';
import { capture, Failure, script, tool } from './lib/run.mjs';
import { firstUrl } from './lib/server.mjs';
import { ensureBuilt, ensureChromium, ensureInstalled } from './lib/setup.mjs';

const AIM = 0.95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

await script(async () => {
  const { values } = parseArgs({ options: { path: { type: 'string', default: '/' } } });
  await ensureInstalled();
  await ensureBuilt();
  const chromium = await ensureChromium();
  // A witness as `npm start` has one, with a memory of its own.
  const state = mkdtempSync(join(tmpdir(), 'sovereign-relay-'));
  const relay = spawn(process.execPath, [RELAY, '--port', '0', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = new URL(values.path, await firstUrl(relay));
    const scores = await measure(url.href, chromium);
    for (const [category, score] of scores)
      console.log(`${score >= AIM ? 'ok    ' : 'FAILED'} ${category} ${score.toFixed(2)}`);
    if (scores.some(([, score]) => score < AIM))
      throw new Failure(`The aim is ${AIM} for each. Report: .cache/lighthouse.json`);
  } finally {
    relay.kill();
  }
});

/** @param {string} url @param {string} chromium @returns {Promise<[string, number][]>} */
async function measure(url, chromium) {
  const report = join(ROOT, '.cache', 'lighthouse.json');
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const { code, output } = await capture(
    tool(
      'lighthouse',
      url,
      '--quiet',
      '--output=json',
      `--output-path=${report}`,
      `--only-categories=${CATEGORIES.join(',')}`,
      '--chrome-flags=--headless=new --no-sandbox --disable-background-networking',
    ),
    { env: { CHROME_PATH: chromium } },
  );
  if (code !== 0) throw new Failure(`Lighthouse failed (exit ${code}):\n${output}`);
  /** @type {{ categories: Record<string, { score: number | null }> }} */
  const { categories } = JSON.parse(readFileSync(report, 'utf8'));
  return CATEGORIES.map((name) => [name, categories[name]?.score ?? 0]);
}
