// npm run dev [-- vite's arguments]: the app with hot reload. Offline and updates need the built app: npm start.
import { run, script, tool } from './lib/run.mjs';
import { ensureInstalled } from './lib/setup.mjs';

await script(async () => {
  await ensureInstalled();
  await (await import('./build-skills.mjs')).buildSkills();
  process.exitCode = await run(tool('vite', ...process.argv.slice(2)));
});
