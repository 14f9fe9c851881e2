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

/** A skill's worker holds the lock of its name until its thread has stopped. Of those alive the oldest runs; the others are spares. */
async function watch(): Promise<() => Promise<void>> {
  const { held = [] } = await navigator.locks.query();
  const numberOf = ({ name = '' }: LockInfo): number => Number(/^sovereign-skills-[\w-]{36}-(\d+)$/.exec(name)?.[1]);
  const [oldest] = held.filter((lock) => numberOf(lock) >= 0).sort((a, b) => numberOf(a) - numberOf(b));
  return () => navigator.locks.request(oldest!.name!, () => undefined);
}

async function bench(): Promise<object> {
  const computed = await compute();
  const runner = createHostedRunner(openSkills);
  return { ...computed, runs: await benchRuns(runner, await wasm('echo'), await wasm('loop'), watch) };
}

(globalThis as { bench?: Promise<object> }).bench = bench();
