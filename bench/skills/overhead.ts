/** What metering costs: each program plain, with gas only, and with everything, in turn in one run. */
import { LIMITS } from '../../src/protocol/limits';
import { instrument } from '../../src/skills';
import { programs, type BenchFiles, type Program } from './programs';

export interface Overhead {
  name: string;
  /** ms of the plain module's fastest call. */
  plain: number;
  /** Fastest calls, as ratios to that. */
  gas: number;
  all: number;
}

export interface Computed {
  overhead: Overhead[];
  /** MB of original modules instrumented in a second. */
  throughput: number;
}

/** Engines compile with care after so long, in the background. */
const WARM_UP_MS = 2_000;
const ROUNDS = 30;
const options = {
  memoryPages: LIMITS.skillMemoryPages,
  tableEntries: LIMITS.skillTableEntries,
  floatImports: true,
  initialGas: 1n << 62n,
};

export async function benchOverhead(files: BenchFiles): Promise<Computed> {
  const all = await programs(files);
  const overhead: Overhead[] = [];
  for (const program of all) overhead.push(await measure(program));
  return { overhead, throughput: throughput(all.filter(({ bytes }) => bytes.length > 100_000)) };
}

async function measure({ name, bytes, open }: Program): Promise<Overhead> {
  const modules = [
    bytes,
    instrument(bytes, { ...options, gasOnly: true }).wasm,
    instrument(bytes, options).wasm,
  ] as const;
  const calls: (() => unknown)[] = [];
  for (const [copy, wasm] of modules.entries()) calls.push(await open(await WebAssembly.compile(wasm), copy));
  const best = calls.map(() => Infinity);
  const warm = performance.now() + WARM_UP_MS;
  for (let round = 0; round < ROUNDS;) {
    const counts = performance.now() > warm;
    if (counts) round += 1;
    const answers = calls.map((call, i) => {
      const start = performance.now();
      const answer = call();
      const ms = performance.now() - start;
      if (counts) best[i] = Math.min(best[i]!, ms);
      return answer;
    });
    if (answers.some((answer) => answer !== answers[0]))
      throw new Error(`${name} answers otherwise when it is metered`);
    // What was compiled is put in place between calls.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const [plain, gas, everything] = best as [number, number, number];
  return { name, plain, gas: gas / plain, all: everything / plain };
}

function throughput(modules: readonly Program[]): number {
  const bytes = modules.reduce((sum, { bytes: { length } }) => sum + length, 0);
  let best = Infinity;
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    for (const module of modules) instrument(module.bytes, options);
    best = Math.min(best, performance.now() - start);
  }
  return bytes / 1_000 / best;
}
