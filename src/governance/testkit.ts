/** A whole governance over real crypto, real Cedar and an in-memory log: for this folder's tests and its benchmark. */
import type { AuditLog, Entry, EventType, NewEntry, Receipt } from '../audit/types';
import type { JsonObject } from '../protocol/json';
import type { Clock, Random } from '../protocol/runtime';
import { hex, jcs, sha256Hex, sha256Text, signerFromSeed, utf8, type Signer } from '../crypto';
import { createMemoryStorage } from '../storage';
import type { OrderGate } from './gate';
import { openGovernance, type Governance, type GovernanceOptions } from './open';
import type { Cedar } from './policy';
import type { Audience, EffectContext, Executor, Intent, Principal, RoleSignature, WorkOrder } from './types';

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

/** Lines of a log in memory, that outlive the log object as a disk outlives a process. */
export class Lines {
  constructor(readonly lines: string[] = []) {}

  entries(): Entry[] {
    return this.lines.map((line) => JSON.parse(line) as Entry);
  }

  ofType(type: EventType): Entry[] {
    return this.entries().filter((e) => e.type === type);
  }

  /** What a new process would find. */
  copy(): Lines {
    return new Lines([...this.lines]);
  }

  log(clock: Clock): AuditLog {
    const { lines } = this;
    const write = (entry: NewEntry): Receipt => {
      const last = lines.at(-1);
      const floor = last ? Date.parse((JSON.parse(last) as Entry).ts) : 0;
      const line = jcs({
        v: 1,
        seq: lines.length,
        ts: new Date(Math.max(floor, clock.now())).toISOString(),
        type: entry.type,
        severity: entry.severity ?? 'INFO',
        prev: last === undefined ? '0'.repeat(64) : sha256Text(`${last}\n`),
        data: entry.data,
      });
      lines.push(line);
      const { seq, ts } = JSON.parse(line) as Entry;
      return { seq, ts, hash: sha256Text(`${line}\n`) };
    };
    const head = { origin: 'sovereign-node/test', size: 0, root: '0'.repeat(64), note: '' };
    return {
      origin: head.origin,
      get size() {
        return lines.length;
      },
      root: head.root,
      lastCheckpoint: undefined,
      append: async (entry) => Promise.resolve(write(entry)),
      appendAll: async (entries) => Promise.resolve(entries.map(write)),
      async *entries(from, to) {
        for (const line of lines.slice(from, to)) yield await Promise.resolve(JSON.parse(line) as Entry);
      },
      async *lines(from, to) {
        for (const line of lines.slice(from, to)) yield await Promise.resolve(utf8(`${line}\n`));
      },
      checkpoint: () => Promise.resolve(head),
      onAppend: () => () => undefined,
      close: () => Promise.resolve(),
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
  disk: Lines;
  log: AuditLog;
  blobs: GovernanceOptions['blobs'];
  /** Everything that an executor did, in order. */
  effects: Effect[];
  role: RoleSignature;
}

export interface TestOptions extends Partial<Omit<GovernanceOptions, 'executors'>> {
  cedar: Cedar;
  disk?: Lines;
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
  const disk = options.disk ?? new Lines();
  const log = options.log ?? disk.log(clock);
  const [governance, owner] = [await signerFromSeed(seed(1)), await signerFromSeed(seed(2))];
  if (log.size === 0) await begin(log, governance, owner);
  const blobs = options.blobs ?? createMemoryStorage().blobs;
  const effects: Effect[] = [];
  let gate: OrderGate | undefined;
  const node = await openGovernance({
    clock,
    random: countingRandom(disk.lines.length + 1),
    governance,
    owner,
    ...options,
    log,
    blobs,
    executors: (door) => {
      gate = door;
      return options.executors?.(door) ?? AUDIENCES.map((a) => checkingExecutor(a, door, effects, options.effect));
    },
  });
  const role = await node.issueRole({ role: 'pipeline_executor', principal: RUNNER, context: {} });
  return { governance: node, gate: gate!, keys: { governance, owner }, clock, disk, log, blobs, effects, role };
}

async function begin(log: AuditLog, governance: Signer, owner: Signer): Promise<void> {
  const keys = {
    node: hex(seed(3)),
    log: hex(seed(4)),
    governance: hex(governance.publicKey),
    owner: hex(owner.publicKey),
  };
  await log.append({
    type: 'GENESIS',
    data: { origin: log.origin, node_id: sha256Hex(seed(3)), keys, created_at: '2026-01-01T00:00:00.000Z' },
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
