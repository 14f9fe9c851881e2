import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { gunzipSync } from 'node:zlib';
import * as cedar from '@cedar-policy/cedar-wasm/web';
import { BUILD, VERSION } from '../src/protocol/build-info';
import { spareMemory } from './sparing';
import { runVerify } from './verify';

/** What scripts/lib/verifier.mjs puts at the end of the file that it builds. */
const ENGINE = /\/\* cedar\.wasm, gzip, base64\n([A-Za-z0-9+/=\n]+)\*\/\n$/;

/**
 * `sovereign verify` as one file, to be run with bare Node: `node sovereign-verify.mjs bundle.zip --key …`. The policy
 * engine stands at its end, as a comment.
 */
async function loadCedar(): Promise<typeof cedar> {
  // See cli/home/cedar.ts.
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--no-turbo-inline-js-wasm-calls');
  const block = ENGINE.exec(readFileSync(fileURLToPath(import.meta.url), 'utf8'))?.[1];
  if (block === undefined) throw new Error('This file is not whole: the policy engine at its end is missing.');
  cedar.initSync({ module: gunzipSync(Buffer.from(block, 'base64')) });
  return Promise.resolve(cedar);
}

const args = process.argv.slice(2);
if (args.includes('--version')) console.log(`sovereign-verify ${VERSION} (${BUILD})`);
else {
  spareMemory();
  process.exitCode = await runVerify(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY ? { progress: (text: string) => void process.stderr.write(text) } : {}),
    loadCedar,
  });
}
