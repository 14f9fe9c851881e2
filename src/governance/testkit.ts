/** A whole governance over real crypto, real Cedar and an in-memory log: for this folder's tests and its benchmark. */
import { SovereignError } from '../protocol/errors';
import { openLog, type AuditLog, type Entry, type EventType } from '../audit';
import type { JsonObject } from '../protocol/json';
import type { Clock, Random } from '../protocol/runtime';
import { fromUtf8, hex, publicKeyOf, sha256Hex, sha256Text, signerFromSeed, type Signer } from '../crypto';
import { createMemoryStorage, MemoryDisk, type Storage } from '../storage';
import type { OrderGate } from './gate';
import { openGovernance, type Governance, type GovernanceOptions } from './open';
import type { Cedar } from '../policy';
import type { Audience, EffectContext, Executed, Executor, Intent, Principal, RoleSignature, WorkOrder } from './types';

/** A clock that a test moves. */
export class TestClock implements Clock {
  constructor(public ms = Date.parse('2026-01-02T03:04:05.678Z')) {}
  now(): number {
    return this.ms;
  }
}

/** Distinct bytes, the same in each run. */
export function countingRandom(start = 1): Random {
  let next = start;
  return {
    bytes: (length) => {
      const out = new Uint8Array(length);
      new DataView(out.buffer).setUint32(0, next++);
      return out;
    },
  };
}

export const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A disk in memory that outlives the node on it. */
export class TestDisk {
  constructor(readonly memory = new MemoryDisk()) {}

  /** The log's entries as they stand on the disk. */
  entries(): Entry[] {
    const lines = fromUtf8(this.memory.readLog()).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Entry);
  }

  ofType(type: EventType): Entry[] {
    return this.entries().filter((e) => e.type === type);
  }

  /** What a new process would find, were the machine cut off now. */
  copy(): TestDisk {
    const copy = new MemoryDisk();
    copy.replaceLog(this.memory.readLog());
    for (const [key, value] of this.memory.records) copy.records.set(key, value);
    for (const [key, value] of this.memory.blobs) copy.blobs.set(key, value);
    return new TestDisk(copy);
  }

  /** The log and the blobs on this disk. Checkpoints fall due by count only: no timer runs in a test. */
  async open(clock: Clock): Promise<{ log: AuditLog; storage: Storage }> {
    const storage = createMemoryStorage({ disk: this.memory });
    await storage.claimWriter();
    const signer = await signerFromSeed(seed(4));
    const schedule = () => () => undefined;
    return {
      log: await openLog({ storage, signer, origin: 'sovereign-node/0123456789abcdef', clock, schedule }),
      storage,
    };
  }
}

/** One thing that really happened, as its executor saw it. */
export interface Effect {
  order: WorkOrder;
  args: JsonObject;
}

export interface TestNode {
  governance: Governance;
  gate: OrderGate;
  keys: { governance: Signer; owner: Signer };
  clock: TestClock;
  disk: TestDisk;
  log: AuditLog;
  storage: Storage;
  /** Everything that an executor did, in order. */
  effects: Effect[];
  role: RoleSignature;
}

export interface TestOptions extends Partial<Omit<GovernanceOptions, 'executors' | 'log' | 'blobs' | 'clock'>> {
  cedar: Cedar;
  disk?: TestDisk;
  testClock?: TestClock;
  /** Replaces what an effect does once its order was checked. */
  effect?: (effect: Effect, context: EffectContext) => Promise<JsonObject>;
  executors?: GovernanceOptions['executors'];
}

export const RUNNER: Principal = { type: 'Pipeline', id: 'iron-path' };

const AUDIENCES: readonly Audience[] = ['pipeline', 'skills', 'datasets', 'artifacts', 'registry', 'export'];

/** Opens a node on `disk`, begins its log when it is empty, and grants {@link RUNNER} a role. */
export async function openTestNode(options: TestOptions): Promise<TestNode> {
  const clock = options.testClock ?? new TestClock();
  const disk = options.disk ?? new TestDisk();
  const { log, storage } = await disk.open(clock);
  const [governance, owner] = [await signerFromSeed(seed(1)), await signerFromSeed(seed(2))];
  if (log.size === 0) await begin(log, governance, owner);
  const effects: Effect[] = [];
  let gate: OrderGate | undefined;
  const node = await openGovernance({
    clock,
    random: countingRandom(1000 * (log.size + 1)),
    governance,
    owner,
    ...options,
    log,
    blobs: storage.blobs,
    executors: (door, guard) => {
      gate = door;
      return (
        options.executors?.(door, guard) ?? AUDIENCES.map((a) => checkingExecutor(a, door, effects, options.effect))
      );
    },
  });
  const role = await node.issueRole({ role: 'pipeline_executor', principal: RUNNER, context: {} });
  return { governance: node, gate: gate!, keys: { governance, owner }, clock, disk, log, storage, effects, role };
}

async function begin(log: AuditLog, governance: Signer, owner: Signer): Promise<void> {
  const keys = {
    node: hex(publicKeyOf(seed(3))),
    log: hex(publicKeyOf(seed(4))),
    governance: hex(governance.publicKey),
    owner: hex(owner.publicKey),
  };
  await log.append({
    type: 'GENESIS',
    data: {
      origin: log.origin,
      node_id: sha256Hex(publicKeyOf(seed(3))),
      keys,
      created_at: '2026-01-01T00:00:00.000Z',
    },
  });
}

function checkingExecutor(
  audience: Audience,
  gate: OrderGate,
  effects: Effect[],
  effect: TestOptions['effect'],
): Executor {
  return {
    audience,
    async execute(order, args, context) {
      await gate.check(order, { audience, action: order.action, args });
      effects.push({ order, args });
      return effect ? await effect({ order, args }, context) : { done: true };
    },
  };
}

/** A well-formed intent that the default policies permit without asking. */
export const readDataset = (role: RoleSignature, file = 'iris.csv'): Intent => ({
  principal: RUNNER,
  action: 'read_dataset',
  resource: { type: 'Dataset', id: file },
  args: { file, sha256: sha256Text(file) },
  context: {},
  roleSignature: role,
});

/** One that needs the owner's approval. */
export const promote = (role: RoleSignature, model = 'model', run = 'run-1'): Intent => ({
  principal: RUNNER,
  action: 'promote',
  resource: { type: 'Pointer', id: 'production' },
  args: { pointer: 'production', run, stage: 'promote', model_sha256: sha256Text(model), previous: null },
  context: {},
  roleSignature: role,
  run,
});

/** The code of the error that `promise` ends with; `done` when it does not. */
export const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof SovereignError ? String(error.code) : String(error)),
  );

export interface Asked {
  id: string;
  done: Promise<string>;
  executed: Promise<Executed>;
}

/** Asks for an act and resolves once its request for approval is durable. */
export function ask(node: TestNode, intent: Intent): Promise<Asked> {
  return new Promise((resolve) => {
    const executed = node.governance.execute(intent, { onPending: (id) => resolve({ id, done, executed }) });
    const done = code(executed);
  });
}

/** The policies in force, but that two must agree where one did. */
export const twice = (node: TestNode): string =>
  node.governance.currentPolicy().cedar.replace('@approvals("1")', '@approvals("2")');
