// A source file for a script that needs what is in it: bundled for Node, imported, and gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './paths.mjs';

/** @param {string} path from the repository's root; it needs no package @returns {Promise<any>} its exports */
export async function loadSource(path) {
  const folder = mkdtempSync(join(tmpdir(), 'source-'));
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: { ssr: path, outDir: folder, rolldownOptions: { output: { entryFileNames: 'source.mjs' } } },
    });
    return await import(pathToFileURL(join(folder, 'source.mjs')).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
