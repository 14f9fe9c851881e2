// npm run e2e [-- playwright's arguments]: the built app behind the real server, in real browsers.
import { run, script, tool } from './lib/run.mjs';
import { ensureBuilt, ensureChromium, ensureInstalled } from './lib/setup.mjs';

await script(async () => {
  await ensureInstalled();
  await ensureBuilt();
  await ensureChromium();
  process.exitCode = await run(tool('playwright', 'test', ...process.argv.slice(2)));
});
