// What takes too long for every change, or needs what others publish: a million mutated modules, and duckdb's real builds.
//   npm run nightly [-- MODULES]
import { must, script } from './lib/run.mjs';
import { ensureInstalled } from './lib/setup.mjs';

await script(async () => {
  await ensureInstalled();
  const [modules = '1000000'] = process.argv.slice(2);
  console.log(`\n== ${modules} mutated modules`);
  await must('The fuzz', ['node', 'scripts/fuzz-skills.mjs', modules]);
  console.log('\n== duckdb, as it is on npm');
  const { checkDuckdb } = await import('./lib/duckdb.mjs');
  await checkDuckdb();
});
