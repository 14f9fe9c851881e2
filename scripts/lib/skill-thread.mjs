// The script of a skill's thread in Node: one file, so that it runs wherever it is put.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './paths.mjs';

/**
 * Bundles cli/skill-thread.ts as `skill-thread.mjs` into a folder, whose other files stay.
 * @param {string} folder
 * @returns {Promise<URL>} the script's URL, as createNodeSkillRunner takes it
 */
export async function bundleSkillThread(folder) {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: join(ROOT, 'cli', 'skill-thread.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'skill-thread.mjs' } },
    },
  });
  return pathToFileURL(join(folder, 'skill-thread.mjs'));
}
