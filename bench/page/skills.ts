/** The skills' benchmark in a browser: programs in a worker, runs under a supervisor. scripts/lib/skill-bench.mjs awaits it. */
import '../../src/host/trusted-types';
import { openSkills } from '../../src/host/skills';
import { createHostedRunner } from '../../src/skills';
import type { Computed } from '../skills/overhead';
import { benchRuns } from '../skills/runs';

const wasm = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await fetch(`/skills/${name}.wasm`)).arrayBuffer());

function compute(): Promise<Computed> {
  const worker = new Worker(new URL('./programs-worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Computed | { failed: string }>) => {
      if ('failed' in data) reject(new Error(data.failed));
      else resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

/** A skill's worker holds the lock of its name until its thread has stopped; what is left is a spare. */
async function gone(): Promise<void> {
  const { held = [] } = await navigator.locks.query();
  const workers = held.filter(({ name }) => /^sovereign-skills-[\w-]{36}-\d+$/.test(name!));
  const numbers = workers.map(({ name }) => Number(/\d+$/.exec(name!)![0])).sort((a, b) => b - a);
  // The newest are the spares; an older one is the run's that was ended.
  await Promise.all(
    workers
      .filter(({ name }) => Number(/\d+$/.exec(name!)![0]) < numbers[0]!)
      .map(({ name }) => navigator.locks.request(name!, () => undefined)),
  );
}

async function bench(): Promise<object> {
  const computed = await compute();
  const runner = createHostedRunner(openSkills);
  return { ...computed, runs: await benchRuns(runner, await wasm('echo'), await wasm('loop'), gone) };
}

(globalThis as { bench?: Promise<object> }).bench = bench();
