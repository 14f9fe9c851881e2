import { readFileSync } from 'node:fs';
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
 * The verifier with everything it needs, as the text of one readable file.
 * @param {Record<string, string>} define @returns {Promise<string>}
 */
export async function buildVerifier(define) {
  const built = await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    define,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      write: false,
      target: 'node20',
      minify: false,
      rolldownOptions: {
        input: join(ROOT, 'cli', 'sovereign-verify.ts'),
        output: { entryFileNames: VERIFIER, codeSplitting: false },
      },
    },
  });
  const { output } = /** @type {import('vite').Rolldown.RolldownOutput} */ (built);
  const engine = gzipSync(readFileSync(ENGINE), { level: 9 }).toString('base64');
  const lines = engine.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? [];
  return `${HEAD}${output[0].code}\n/* cedar.wasm, gzip, base64\n${lines.join('\n')}\n*/\n`;
}

/**
 * Puts it into the app, before the service worker is told what to keep: an auditor may be offline too.
 * @returns {import('vite').Plugin}
 */
export function verifierInApp() {
  /** @type {Record<string, string>} */
  let define = {};
  return {
    name: 'verifier',
    apply: 'build',
    configResolved: (config) => void (define = { ...config.define }),
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: VERIFIER, source: await buildVerifier(define) });
    },
  };
}
