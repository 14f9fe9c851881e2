import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { devSecurityHeaders, securityHeaders } from './relay/headers.ts';
import { buildConstants } from './scripts/lib/constants.mjs';
import { sourcesDigest } from './scripts/lib/sources.mjs';
import { VERIFIER, verifierInApp } from './scripts/lib/verifier.mjs';
import manifest from './package.json' with { type: 'json' };

/** Cedar's policy engine is 4.3 MB of WASM; the service worker must keep it or the node is not offline. */
const PRECACHE_FILE_BYTES = 8 * 1024 * 1024;

export default defineConfig(({ command }) => ({
  define: buildConstants(command === 'build' ? sourcesDigest() : 'dev'),
  plugins: [
    svelte({ configFile: false }),
    verifierInApp(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'workers',
      filename: 'service-worker.ts',
      registerType: 'prompt',
      injectRegister: false,
      injectManifest: {
        maximumFileSizeToCacheInBytes: PRECACHE_FILE_BYTES,
        globPatterns: ['**/*.{js,css,html,svg,png,wasm,csv,json,yaml,txt,md,webmanifest}', VERIFIER],
      },
      manifest: {
        id: '/',
        name: 'Sovereign Node',
        short_name: 'Sovereign',
        description: manifest.description,
        start_url: '/',
        scope: '/',
        display: 'standalone',
        theme_color: '#fbfaf7',
        background_color: '#fbfaf7',
        icons: [
          { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        launch_handler: { client_mode: ['navigate-existing', 'auto'] },
      },
    }),
  ],
  worker: { format: 'es' },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    rolldownOptions: { checks: { bundlerTimings: false } },
    modulePreload: { polyfill: false },
  },
  server: { headers: devSecurityHeaders() },
  preview: { headers: securityHeaders('/index.html') },
}));
