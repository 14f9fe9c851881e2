// npm start [-- --port N --host ADDR]: sets up what is missing, then serves the app, as a witness too.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RELAY } from './lib/paths.mjs';
import { script } from './lib/run.mjs';
import { ensureBuilt, ensureInstalled } from './lib/setup.mjs';

await script(async () => {
  await ensureInstalled();
  await ensureBuilt();
  // The XDG specification: a relative path is to be ignored.
  const base = process.env['XDG_STATE_HOME'];
  const state = join(base?.startsWith('/') ? base : join(homedir(), '.local', 'state'), 'sovereign-node', 'relay');
  process.argv.push('--state-default', state);
  await import(pathToFileURL(RELAY).href);
});
