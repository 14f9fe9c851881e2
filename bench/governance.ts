/** What governance costs: the same small work done plainly and as a governed action, one by one and many at once. */
import { openLog } from '../src/audit';
import { hex, jcs, sha256Hex, signerFromSeed } from '../src/crypto';
import { openGovernance, type Executor, type Governance, type Intent, type OrderGate } from '../src/governance';
import { systemClock, systemRandom } from '../src/protocol/runtime';
import { figure, type Figure } from './log';
import type { BenchRealm } from './realm';

const WARM_UP = 300;
const SINGLES = 1_000;
const IN_FLIGHT = 1_000;
const ROUNDS = 5;
const PIPELINE = { type: 'Pipeline', id: 'bench' } as const;
const PLAIN_ONE = 'plain action, one at a time';
const PLAIN_MANY = `plain action, ${IN_FLIGHT} in flight`;

/** The work itself: hashing 1 KiB. Small on purpose, so that what stands beside it shows. */
const content = new Uint8Array(1024).fill(7);
const work = (i: number): { sha256: string; i: number } => {
  content[0] = i & 255;
  return { sha256: sha256Hex(content), i };
};

/** A data set reader whose data is in memory: it checks its order like every executor, then works. */
const worker = (gate: OrderGate): Executor => ({
  audience: 'datasets',
  async execute(order, args) {
    await gate.check(order, { audience: 'datasets', action: 'read_dataset', args });
    return work(Number(args['sha256']));
  },
});

/** A whole governance on an empty store: real keys, Cedar, and the durable log of that realm. */
async function open(realm: BenchRealm): Promise<{ governance: Governance; close: () => Promise<void> }> {
  const storage = await realm.openStorage();
  const [owner, governance, logKey, node] = await Promise.all(
    [1, 2, 3, 4].map((n) => signerFromSeed(new Uint8Array(32).fill(n))),
  );
  const origin = 'sovereign-node/bench';
  const log = await openLog({ storage, signer: logKey!, origin, clock: systemClock });
  const signers = { owner: owner!, governance: governance!, log: logKey!, node: node! };
  const keys = Object.fromEntries(Object.entries(signers).map(([name, key]) => [name, hex(key.publicKey)]));
  await log.append({ type: 'GENESIS', data: { origin, node_id: sha256Hex(node!.publicKey), keys } });
  const opened = await openGovernance({
    log,
    blobs: storage.blobs,
    governance: governance!,
    owner: owner!,
    cedar: await realm.loadCedar(),
    clock: systemClock,
    random: systemRandom,
    executors: (gate) => [worker(gate)],
  });
  return { governance: opened, close: async () => (await log.close(), await storage.close()) };
}

/** p50, p95, p99 of one governed action, and actions a second with many in flight, beside the same work alone. */
export async function benchGoverned(realm: BenchRealm): Promise<Figure[]> {
  const { governance, close } = await open(realm);
  const roleSignature = await governance.issueRole({ role: 'pipeline_executor', principal: PIPELINE, context: {} });
  const intent = (i: number): Intent => ({
    principal: PIPELINE,
    action: 'read_dataset',
    resource: { type: 'Dataset', id: `set-${i}` },
    args: { file: `set-${i}`, sha256: i },
    context: { run: 'bench', stage: 'prepare', stage_type: 'data_preparation' },
    roleSignature,
    run: 'bench',
  });
  const governed = (i: number): Promise<unknown> => governance.execute(intent(i));
  const plain = (i: number): Promise<unknown> => Promise.resolve(jcs(work(i)));
  for (let i = 0; i < WARM_UP; i++) await governed(i);
  const figures: Figure[] = [
    figure(PLAIN_ONE, await oneByOne(plain)),
    { ...figure('governed action, one at a time', await oneByOne(governed)), baseline: PLAIN_ONE },
    figure(PLAIN_MANY, await atOnce(plain), IN_FLIGHT),
    { ...figure(`governed action, ${IN_FLIGHT} in flight`, await atOnce(governed), IN_FLIGHT), baseline: PLAIN_MANY },
  ];
  await close();
  return figures;
}

async function oneByOne(act: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < SINGLES; i++) times.push(await timed(() => act(i)));
  return times;
}

async function atOnce(act: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const all = () => Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => act(i)));
    times.push(await timed(all));
  }
  return times;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}
