// The test runners, and what each counted. A runner's word counts only together with its exit code.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './paths.mjs';
import { run, tool } from './run.mjs';

/** @typedef {{ passed: number, failed: number, names: string[] }} Count names: of the tests that failed */
/** @typedef {{ name: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }} VitestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: VitestFile[] }} VitestReport */
/** @typedef {{ title: string, specs?: { title: string, ok: boolean, tests: { projectName: string }[] }[], suites?: Suite[] }} Suite */
/** @typedef {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number }, suites: Suite[] }} PlaywrightReport */
/** @typedef {{ passed: number, failed: number, skipped: number, names: string[] }} Outcome */

const CACHE = join(ROOT, '.cache');

/** Unit and component tests. @returns {Promise<Count>} */
export async function runVitest() {
  const report = fresh('vitest.json');
  const code = await run(tool('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`));
  return count('vitest', code, report, (/** @type {VitestReport} */ r) => ({
    passed: r.numPassedTests,
    failed: r.numFailedTests,
    skipped: r.numPendingTests + r.numTodoTests,
    names: r.testResults.flatMap((file) => failedIn(file)),
  }));
}

/** The built app in real browsers. @returns {Promise<Count>} */
export async function runPlaywright() {
  const report = fresh('playwright.json');
  const code = await run(tool('playwright', 'test', '--reporter=list,json'), {
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
  });
  return count('playwright', code, report, (/** @type {PlaywrightReport} */ { stats, suites }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
    names: suites.flatMap(failedOf),
  }));
}

/** @param {VitestFile} file @returns {string[]} */
function failedIn({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const where = relative(ROOT, name);
  if (failed.length === 0) return message === '' ? [] : [`${where}: ${firstLine(message)}`];
  return failed.map((test) => `${where} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
}

const firstLine = (/** @type {string | undefined} */ text) => text?.split('\n')[0] ?? '';

/** @param {Suite} suite @returns {string[]} */
function failedOf({ title, specs = [], suites = [] }) {
  const own = specs.filter(({ ok }) => !ok).map((s) => `[${s.tests[0]?.projectName}] ${title} > ${s.title}`);
  return [...own, ...suites.flatMap(failedOf)];
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
 * @param {(report: R) => Outcome} read
 * @returns {Count}
 */
function count(runner, code, report, read) {
  let counted;
  try {
    const parsed = /** @type {R} */ (JSON.parse(readFileSync(report, 'utf8')));
    counted = read(parsed);
  } catch (error) {
    console.log(`${runner} left no report (exit ${code}): ${String(error)}`);
    return { passed: 0, failed: 1, names: [`${runner}: no report`] };
  }
  const { passed, failed, skipped, names } = counted;
  if (skipped > 0) console.log(`${runner}: ${skipped} skipped; a skipped test counts as failed`);
  if (passed === 0) console.log(`${runner}: no test ran`);
  const bad = failed + skipped;
  return { passed, failed: bad === 0 && (code !== 0 || passed === 0) ? 1 : bad, names };
}
