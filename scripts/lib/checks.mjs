import { capture, tool } from './run.mjs';

/** What `npm run check` runs, each by the name it is reported under. @type {readonly [string, readonly [string, ...string[]]][]} */
const CHECKS = [
  ['types: domains', tool('tsc', '-p', 'tsconfig/domain.json')],
  ['types: window', tool('tsc', '-p', 'tsconfig/window.json')],
  ['types: workers', tool('tsc', '-p', 'tsconfig/workers.json')],
  ['types: node and tests', tool('tsc', '-p', 'tsconfig/node.json')],
  ['types: browser tests', tool('tsc', '-p', 'tsconfig/e2e.json')],
  [
    'types: components',
    tool('svelte-check', '--tsconfig', 'tsconfig/svelte.json', '--fail-on-warnings', '--output', 'human'),
  ],
  ['lint', tool('eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', '.cache/eslint/')],
  ['format', tool('prettier', '--check', '--log-level', 'warn', '.')],
  ['import directions', tool('depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'workers', 'relay', 'cli')],
  ['unused code', tool('knip', '--no-progress')],
  ['size budgets', tool('size-limit')],
];

/** Two at a time: what the smallest machine we build on has cores for. */
const AT_ONCE = 2;

/** Runs every check, printing each as it ends, with its output where it failed. @returns {Promise<import('./runners.mjs').Count>} */
export async function runChecks() {
  const waiting = [...CHECKS];
  /** @type {import('./runners.mjs').Count} */
  const count = { passed: 0, failed: 0, names: [] };
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, command] = next;
      const started = performance.now();
      const { code, output } = await capture(command);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (code !== 0) console.log(output.trimEnd());
      count[code === 0 ? 'passed' : 'failed'] += 1;
      if (code !== 0) count.names.push(`check: ${name}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
}
