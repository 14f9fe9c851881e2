// npm test: everything. Sets up what is missing, and ends with one line that sums all runners.
import { Failure } from './lib/run.mjs';
import { ensureBuilt, ensureChromium, ensureInstalled } from './lib/setup.mjs';
import { runChecks } from './lib/checks.mjs';
import { runPlaywright, runVitest } from './lib/runners.mjs';

const total = { passed: 0, failed: 0 };
/** What failed, said again at the end: a long run is read from there. @type {string[]} */
const failures = [];

/** @param {string} name @param {() => Promise<{ passed: number, failed: number, names?: string[] } | void>} stage */
async function stage(name, stage) {
  console.log(`\n== ${name}`);
  try {
    const counted = await stage();
    total.passed += counted?.passed ?? 0;
    total.failed += counted?.failed ?? 0;
    failures.push(...(counted?.names ?? []));
    return true;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    total.failed += 1;
    failures.push(name);
    return false;
  }
}

async function setUp() {
  await ensureInstalled();
  await ensureBuilt();
  console.log(`Chromium: ${await ensureChromium()}`);
  const { findFirefox } = await import('./lib/browsers.mjs');
  console.log(`Firefox ESR: ${findFirefox() ?? 'not on this machine, so its tests are not part of this run'}`);
}

if (await stage('set-up', setUp)) {
  await stage('checks', runChecks);
  await stage('unit and component tests', runVitest);
  await stage('browser tests', runPlaywright);
}
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
