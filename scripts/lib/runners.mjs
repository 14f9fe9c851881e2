// The test runners, and what each counted. A runner's word counts only together with its exit code.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { run, tool } from './run.mjs';

/** @typedef {{ passed: number, failed: number }} Count */
/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number }} VitestReport */
/** @typedef {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number } }} PlaywrightReport */

const CACHE = join(ROOT, '.cache');

/** Unit and component tests. @returns {Promise<Count>} */
export async function runVitest() {
  const report = fresh('vitest.json');
  const code = await run(tool('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`));
  return count('vitest', code, report, (/** @type {VitestReport} */ r) => ({
    passed: r.numPassedTests,
    failed: r.numFailedTests,
    skipped: r.numPendingTests + r.numTodoTests,
  }));
}

/** The built app in real browsers. @returns {Promise<Count>} */
export async function runPlaywright() {
  const report = fresh('playwright.json');
  const code = await run(tool('playwright', 'test', '--reporter=list,json'), {
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
  });
  return count('playwright', code, report, (/** @type {PlaywrightReport} */ { stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  }));
}

/** @param {string} name */
function fresh(name) {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, name);
  rmSync(path, { force: true });
  return path;
}

/**
 * A test that was skipped was not passed, and a run that ended badly without naming a failure is one.
 * @template R
 * @param {string} runner @param {number} code @param {string} report
 * @param {(report: R) => { passed: number, failed: number, skipped: number }} read
 * @returns {Count}
 */
function count(runner, code, report, read) {
  let counted;
  try {
    const parsed = /** @type {R} */ (JSON.parse(readFileSync(report, 'utf8')));
    counted = read(parsed);
  } catch (error) {
    console.log(`${runner} left no report (exit ${code}): ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
  const { passed, failed, skipped } = counted;
  if (skipped > 0) console.log(`${runner}: ${skipped} skipped; a skipped test counts as failed`);
  if (passed === 0) console.log(`${runner}: no test ran`);
  const bad = failed + skipped;
  return { passed, failed: bad === 0 && (code !== 0 || passed === 0) ? 1 : bad };
}
