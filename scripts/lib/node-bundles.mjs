import { join } from 'node:path';
import { build } from 'vite';
import { DIST, ROOT } from './paths.mjs';

/**
 * Bundles entry files for Node into `dist/<folder>/<name>.mjs`. Packages stay in node_modules.
 * @param {string} folder @param {readonly string[]} names @param {Record<string, string>} define
 */
export async function bundleForNode(folder, names, define) {
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    define,
    build: {
      ssr: true,
      target: 'node20',
      outDir: join(DIST, folder),
      emptyOutDir: true,
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, join(ROOT, folder, `${name}.ts`)])),
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
      },
    },
  });
}
