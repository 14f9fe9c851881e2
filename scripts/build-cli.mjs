// The terminal into dist/cli/, with the skills that it runs. Run by the build and by bin/sovereign.mjs; by hand:
//   node scripts/build-cli.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSkills } from './build-skills.mjs';
import { buildConstants } from './lib/constants.mjs';
import { bundleForNode } from './lib/node-bundles.mjs';
import { DIST } from './lib/paths.mjs';
import { script } from './lib/run.mjs';
import { sourcesDigest } from './lib/sources.mjs';

/** Which sources dist/cli/ was built of: bin/sovereign.mjs compares it. */
export const CLI_STAMP = join(DIST, 'cli', 'sources.sha256');

/** @param {string} digest of the sources */
export async function buildCli(digest) {
  await buildSkills();
  await bundleForNode('cli', ['main', 'skill-thread'], buildConstants(digest));
  writeFileSync(CLI_STAMP, `${digest}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await script(() => buildCli(sourcesDigest()));
