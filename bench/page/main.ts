/** Starts the suite in a worker; scripts/bench.mjs awaits `bench`. */
import '../../src/host/trusted-types';
import type { BenchAnswer } from '../realm';
import { SIZES } from '../suite';

function run(): Promise<BenchAnswer> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<BenchAnswer>) => {
      resolve(data);
    };
    worker.onerror = (event) => {
      resolve({ type: 'failed', message: event.message });
    };
    const large = new URLSearchParams(location.search).get('large');
    worker.postMessage({ ...SIZES, ...(large === null ? {} : { large: Number(large) }) });
  });
}

(globalThis as { bench?: Promise<BenchAnswer> }).bench = run();
