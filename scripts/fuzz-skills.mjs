// Feeds mutated modules to the instrumenter: only typed refusals may come, and never a module that the engine refuses.
// Part of the nightly run; the tests do a twentieth of it.
//   npm run fuzz [-- COUNT [SEED]]
import { loadSource } from './lib/load-source.mjs';
import { script } from './lib/run.mjs';

const ROUND = 50_000;

await script(async () => {
  const [count = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
  /** @type {typeof import('../src/skills/testing/fuzz')} */
  const { fuzzInstrumenter } = await loadSource('src/skills/testing/fuzz.ts');
  console.log(`seed ${seed}`);
  for (let done = 0, round = Number(seed); done < Number(count); done += ROUND, round++) {
    const tally = fuzzInstrumenter(round, Math.min(ROUND, Number(count) - done));
    console.log(`${done + tally.modules}: seed ${round}, ${tally.instrumented} instrumented, ${tally.invalid} invalid`);
  }
});
