// npm start [-- --port N --host ADDR]: sets up what is missing, then serves the app.
import { pathToFileURL } from 'node:url';
import { RELAY } from './lib/paths.mjs';
import { script } from './lib/run.mjs';
import { ensureBuilt, ensureInstalled } from './lib/setup.mjs';

await script(async () => {
  await ensureInstalled();
  await ensureBuilt();
  await import(pathToFileURL(RELAY).href);
});
