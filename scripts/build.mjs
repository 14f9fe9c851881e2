// npm run build: skills, app with the verifier in one file, server and terminal into dist/. The same sources give the same bytes.
import { build } from 'vite';
import { buildCli } from './build-cli.mjs';
import { buildSkills } from './build-skills.mjs';
import { compressAll } from './lib/compress.mjs';
import { buildConstants } from './lib/constants.mjs';
import { bundleForNode } from './lib/node-bundles.mjs';
import { APP, ROOT } from './lib/paths.mjs';
import { script } from './lib/run.mjs';
import { stampBuild } from './lib/setup.mjs';
import { sourcesDigest } from './lib/sources.mjs';

await script(async () => {
  const digest = sourcesDigest();
  const define = buildConstants(digest);
  await buildSkills();
  await build({ root: ROOT, logLevel: 'warn' });
  compressAll(APP);
  await bundleForNode('relay', ['main'], define);
  await buildCli(digest);
  stampBuild(digest);
  console.log(`Built ${define.__VERSION__} (${define.__BUILD__}) into dist/`.replaceAll('"', ''));
});
