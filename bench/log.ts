/** Figures of the log over any store; runs in Node and in a browser's worker alike. */
import { checkLog, openLog } from '../src/audit';
import type { AuditLog, NewEntry } from '../src/audit';
import { sha256Text, signerFromSeed } from '../src/crypto';
import { systemClock } from '../src/protocol/runtime';
import type { Storage } from '../src/storage';

/** One row of the table; times in ms per operation. */
export interface Figure {
  name: string;
  n: number;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  /** Name of the row that this one is compared with, where that is another thing. */
  baseline?: string;
}

const ORIGIN = 'sovereign-node/bench';
const SINGLES = 1_000;
const BATCH = 1_000;
const BATCHES = 10;
const VERIFIED = 10_000;
const signer = signerFromSeed(new Uint8Array(32).fill(1));

/** An entry as the kernel writes them: about 600 bytes. */
const sample = (i: number): NewEntry => ({
  type: 'EXECUTION_COMPLETED',
  data: {
    order_id: sha256Text(`${i}`).slice(0, 32),
    authorized_seq: i,
    result: { output_sha256: sha256Text(`output ${i}`), output_bytes: 1234 + i, note: 'größe ✓' },
    result_sha256: sha256Text(`result ${i}`),
    run: { id: 'run-0001', stage: 'model_training', step: i % 7, ratio: 0.1 + i },
  },
});

/** Made beforehand, so that the figures are the log's own. */
const samples = Array.from({ length: BATCH }, (_, i) => sample(i));

/** Percentiles of `times` (ms each), every time covering `per` operations. */
export function figure(name: string, times: readonly number[], per = 1): Figure {
  const sorted = times.map((t) => t / per).sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
  const total = sorted.reduce((sum, t) => sum + t, 0);
  return {
    name,
    n: times.length * per,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    perSecond: (1000 * sorted.length) / total,
  };
}

async function timed(times: number[], work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  times.push(performance.now() - start);
}

async function fill(log: AuditLog, size: number): Promise<void> {
  while (log.size < size) {
    const count = Math.min(BATCH, size - log.size);
    await Promise.all(samples.slice(0, count).map((entry) => log.append(entry)));
  }
}

async function singles(log: AuditLog, name: string): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < SINGLES; i++) await timed(times, () => log.append(samples[i % BATCH]!));
  return figure(name, times);
}

async function batched(log: AuditLog, name: string): Promise<Figure> {
  const times: number[] = [];
  for (let b = 0; b < BATCHES; b++) {
    await timed(times, () => Promise.all(samples.map((entry) => log.append(entry))));
  }
  return figure(name, times, BATCH);
}

/**
 * Appends one by one and in batches to a log of `small` and of `large` entries, checks 10,000 entries as start-up does,
 * and opens the large log again. `openStorage` gives an empty store in the writer's role each time.
 */
export async function benchLog(
  openStorage: () => Promise<Storage>,
  sizes: { small: number; large: number },
): Promise<Figure[]> {
  const options = { signer: await signer, origin: ORIGIN, clock: systemClock };
  const figures: Figure[] = [];
  for (const size of [sizes.small, sizes.large]) {
    const storage = await openStorage();
    const log = await openLog({ ...options, storage });
    await fill(log, size);
    figures.push(await singles(log, `append single at ${size}`));
    figures.push(await batched(log, `append batched at ${size}`));
    await log.close();
    const times: number[] = [];
    await timed(times, async () => (await openLog({ ...options, storage })).close());
    figures.push(figure(`open and check ${log.size} entries`, times, log.size));
    await storage.close();
  }
  figures.push(await verify(await openStorage()));
  return figures;
}

async function verify(storage: Storage): Promise<Figure> {
  const { publicKey } = await signer;
  const log = await openLog({ storage, signer: await signer, origin: ORIGIN, clock: systemClock });
  await fill(log, VERIFIED);
  await log.close();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) await timed(times, () => checkLog(storage, ORIGIN, publicKey));
  await storage.close();
  return figure(`verify ${VERIFIED} entries`, times, VERIFIED);
}
