import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Project } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium, findFirefox, HOW_TO_GET_CHROMIUM } from './scripts/lib/browsers.mjs';

// The built app behind the real server: offline, headers and updates cannot be seen on a dev server.
// A port of each run's own, so that two checkouts can be tested at once; worker processes inherit it.
process.env['E2E_PORT'] ??= String(20_000 + (process.pid % 10_000));
const PORT = process.env['E2E_PORT'];
// The witness of this run; it must know nothing of earlier ones, not even of one that had this process's number.
process.env['E2E_STATE'] ??= mkdtempSync(join(tmpdir(), 'sovereign-e2e-witness-'));
const STATE = process.env['E2E_STATE'];
const chromium = findChromium();
const firefox = findFirefox();
if (chromium === undefined) throw new Error(HOW_TO_GET_CHROMIUM);

const projects: Project[] = [
  {
    name: 'chromium',
    workers: 1,
    // Tagged by tests that need Firefox as well, and bring Chromium themselves.
    grepInvert: /@firefox/,
    use: { browserName: 'chromium', launchOptions: { executablePath: chromium, args: CHROMIUM_ARGS } },
  },
];
if (firefox !== undefined) {
  projects.push({
    name: 'firefox',
    workers: 1,
    // Tagged by tests that speak Chromium's DevTools protocol or kill its process, or that no engine can change.
    grepInvert: /@chromium/,
    use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: { executablePath: firefox } },
  });
}

export default defineConfig({
  testDir: 'e2e',
  // One at a time in each browser: a node starts a handful of threads, and more of them share two cores badly.
  workers: 2,
  retries: 0,
  forbidOnly: true,
  // A stuck test must end; a busy machine must not end it.
  timeout: 900_000,
  expect: { timeout: 240_000 },
  reporter: 'list',
  outputDir: 'test-results',
  // `localhost`, as the server prints it: passkeys need a name.
  // A trace of every test takes a third of the time, and where CI runs nobody could open it.
  use: { baseURL: `http://localhost:${PORT}`, trace: process.env['CI'] ? 'off' : 'retain-on-failure' },
  projects,
  webServer: {
    command: `node dist/relay/main.mjs --port ${PORT} --state ${STATE} --witness-registrations 10000`,
    url: `http://localhost:${PORT}/healthz`,
    timeout: 300_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
  },
});
