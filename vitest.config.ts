import { svelte } from '@sveltejs/vite-plugin-svelte';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGS, findChromium } from './scripts/lib/browsers.mjs';

// Two projects: `node` for all that needs no page, `browser` (a real Chromium) for components and browser adapters.
// Without a browser the second fails; it is never left out.
const chromium = findChromium();
// As in cli/home/cedar.ts: V8 11 may abort in calls into Cedar's WASM.
const execArgv = process.versions.v8.startsWith('11.') ? ['--no-turbo-inline-js-wasm-calls'] : [];

export default defineConfig({
  test: {
    // How long its page may take to come up (the default: 60 s); read of the root alone.
    browser: { connectTimeout: 600_000 },
    projects: [
      {
        test: {
          name: 'node',
          include: ['{src,cli,relay,scripts,skills,bench}/**/*.test.ts'],
          exclude: ['**/*.{svelte,browser}.test.ts', '**/node_modules/**'],
          environment: 'node',
          // The default leaves one core idle. Another number of workers than the browser's needs a group of its own.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
          execArgv,
          setupFiles: ['scripts/lib/seeded.mjs'],
          // A stuck test must end; a busy machine must not end it, nor a hook that builds or signs (the default: 10 s).
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Of `expect.poll`: what does not come in that time is told where it was waited for (the default: 1 s).
          expect: { poll: { timeout: 240_000 } },
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        // What is not there is not found, as behind the real server; the app's page in its place would be transformed too.
        appType: 'custom',
        // Everything that a test may come to import, also lazily and in workers: found later it reloads the page under it.
        optimizeDeps: {
          entries: ['src/**/*.svelte', 'workers/{node.*,supervisor,verify}.ts', 'src/**/*.{svelte,browser}.test.ts'],
        },
        test: {
          name: 'browser',
          include: ['src/**/*.{svelte,browser}.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 240_000 } },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: CHROMIUM_ARGS, ...(chromium === undefined ? {} : { executablePath: chromium }) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
