/** What a cosignature costs a witness: one log's checkpoints one after the other, each one entry longer. */
import { openWitness } from '../relay/witness/open';
import { noteKey, signerFromSeed } from '../src/crypto';
import { systemClock } from '../src/protocol/runtime';
import { Witness } from '../src/witness';
import { memoryStore, TestLog } from '../src/witness/testkit';
import { figure, type Figure } from './log';

const COSIGNED = 500;
const IN_MEMORY = 'witness cosigns, nothing stored';

/** @param state a directory for its key and journal, which is synced before each answer */
export async function benchWitness(state: string): Promise<Figure[]> {
  const signer = await signerFromSeed(new Uint8Array(32).fill(1));
  const log = new TestLog(
    'sovereign-node/bench',
    signer,
    Array.from({ length: COSIGNED }, (_, i) => String(i)),
  );
  const logs = [noteKey(log.origin, signer.publicKey)];
  const requests: Uint8Array[] = [];
  for (let size = 1; size <= COSIGNED; size++) requests.push(await log.request(size - 1, size));
  const name = 'bench.example';
  const memory = new Witness({ name, signer, clock: systemClock, store: memoryStore(), logs, open: false });
  const durable = await openWitness({ state, name, logs, open: false, onFork: () => undefined });
  const figures = [
    figure(IN_MEMORY, await cosigned(memory, requests)),
    {
      ...figure('witness cosigns, durable before it answers', await cosigned(durable.witness, requests)),
      baseline: IN_MEMORY,
    },
  ];
  await durable.close();
  return figures;
}

async function cosigned(witness: Witness, requests: readonly Uint8Array[]): Promise<number[]> {
  const times: number[] = [];
  for (const request of requests) {
    const start = performance.now();
    const { status } = await witness.addCheckpoint(request);
    times.push(performance.now() - start);
    if (status !== 200) throw new Error(`the witness answered ${status}`);
  }
  return times;
}
