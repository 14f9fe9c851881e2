// Feeds mutated modules to the instrumenter: only typed refusals may come, and never a module that the engine refuses.
// For the night; the tests do a twentieth of it.
//   npm run fuzz [-- COUNT [SEED]]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from './lib/paths.mjs';
import { script } from './lib/run.mjs';

const ROUND = 50_000;

await script(async () => {
  const [count = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-skills-'));
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: {
        ssr: 'src/skills/testing/fuzz.ts',
        outDir: folder,
        rolldownOptions: { output: { entryFileNames: 'fuzz.mjs' } },
      },
    });
    const { fuzzInstrumenter } = await import(pathToFileURL(join(folder, 'fuzz.mjs')).href);
    console.log(`seed ${seed}`);
    for (let done = 0, round = Number(seed); done < Number(count); done += ROUND, round++) {
      const tally = fuzzInstrumenter(round, Math.min(ROUND, Number(count) - done));
      console.log(
        `${done + tally.modules}: seed ${round}, ${tally.instrumented} instrumented, ${tally.invalid} invalid`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
