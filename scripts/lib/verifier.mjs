import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ROOT } from './paths.mjs';

export const VERIFIER = 'sovereign-verify.mjs';
const ENGINE = join(ROOT, 'node_modules', '@cedar-policy', 'cedar-wasm', 'web', 'cedar_wasm_bg.wasm');
const COLUMNS = 120;

const HEAD = `#!/usr/bin/env node
// The verifier of Sovereign Node in one file: node ${VERIFIER} <bundle.zip|directory|file> [--key governance.pub.pem]
// Needs Node 20 or newer and nothing else; reads, and writes nothing. Built from the project's cli/ and src/verify/.
// The comment at the end holds the Cedar policy engine, with which recorded decisions are made again.
`;

/**
 * Builds the verifier with everything it needs into one readable file.
 * @param {string} folder @param {Record<string, string>} define @returns {Promise<string>} where it is
 */
export async function buildVerifier(folder, define) {
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    define,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'node20',
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: join(ROOT, 'cli', 'sovereign-verify.ts'),
        output: { entryFileNames: VERIFIER, codeSplitting: false },
      },
    },
  });
  const path = join(folder, VERIFIER);
  const engine = gzipSync(readFileSync(ENGINE), { level: 9 }).toString('base64');
  const lines = engine.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? [];
  writeFileSync(path, `${HEAD}${readFileSync(path, 'utf8')}\n/* cedar.wasm, gzip, base64\n${lines.join('\n')}\n*/\n`);
  return path;
}
