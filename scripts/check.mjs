// npm run check: types, lint, format, import directions, unused code, sizes. Needs a build for the sizes.
import { script } from './lib/run.mjs';
import { ensureBuilt, ensureInstalled } from './lib/setup.mjs';
import { runChecks } from './lib/checks.mjs';

await script(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});
