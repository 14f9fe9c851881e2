/** The skills' benchmark in Node. Prints one line of JSON; scripts/lib/skill-bench.mjs reads it: run-node.mjs <folder>. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createNodeSkillRunner } from '../../cli/skill-runner';
import { benchOverhead } from './overhead';
import type { SqliteGlue } from './programs';
import { benchRuns } from './runs';

const folder = process.argv[2]!;
const wasm = async (name: string) => new Uint8Array(await readFile(join(folder, `${name}.wasm`)));
const computed = await benchOverhead({
  wasm,
  glue: async (copy) =>
    ((await import(pathToFileURL(join(folder, `sqlite-node-${copy}.mjs`)).href)) as { default: SqliteGlue }).default,
});
const runner = createNodeSkillRunner(pathToFileURL(join(folder, 'skill-thread.mjs')));
// A thread that was told to end is counted until it has: the pool lets nobody see it, and Node ends it at once.
const watch = () => Promise.resolve(() => Promise.resolve());
const runs = await benchRuns(runner, await wasm('echo'), await wasm('loop'), watch);
runner.dispose();
console.log(JSON.stringify({ ...computed, runs }));
