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
const PROOFS = 200;
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

/** Runs `work` on each log in turn, so that whatever else the machine does falls on all of them alike. */
async function inTurn(logs: readonly AuditLog[], rounds: number, work: (log: AuditLog, i: number) => Promise<unknown>) {
  const times = logs.map((): number[] => []);
  for (let i = 0; i < rounds; i++) {
    for (const [which, log] of logs.entries()) await timed(times[which]!, () => work(log, i));
  }
  return times;
}

/**
 * Appends one by one and in batches to a log of `small` and of `large` entries, opens both again, and checks 10,000
 * entries as *Verify* does. `openStorage` gives another empty store in the writer's role each time.
 */
export async function benchLog(
  openStorage: () => Promise<Storage>,
  sizes: { small: number; large: number },
): Promise<Figure[]> {
  const options = { signer: await signer, origin: ORIGIN, clock: systemClock };
  const counts = [sizes.small, sizes.large];
  const stores = [await openStorage(), await openStorage()];
  const logs = await Promise.all(stores.map((storage) => openLog({ ...options, storage })));
  for (const [i, log] of logs.entries()) await fill(log, counts[i]!);

  const single = await inTurn(logs, SINGLES, (log, i) => log.append(samples[i % BATCH]!));
  const batched = await inTurn(logs, BATCHES, (log) => Promise.all(samples.map((entry) => log.append(entry))));
  const proved = await inTurn(logs, PROOFS, (log, i) => log.proofs.inclusion((i * 7919) % log.size, log.size));
  await Promise.all(logs.map((log) => log.close()));
  const opened = await inTurn(logs, 1, async (log) => {
    const again = await openLog({ ...options, storage: stores[logs.indexOf(log)]! });
    await again.close();
  });
  await Promise.all(stores.map((storage) => storage.close()));
  return [
    ...single.map((times, i) => figure(`append single at ${counts[i]}`, times)),
    ...batched.map((times, i) => figure(`append batched at ${counts[i]}`, times, BATCH)),
    ...proved.map((times, i) => figure(`inclusion proof at ${counts[i]}`, times)),
    ...opened.map((times, i) => figure(`open ${logs[i]!.size} entries`, times, logs[i]!.size)),
    await verify(await openStorage()),
  ];
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
