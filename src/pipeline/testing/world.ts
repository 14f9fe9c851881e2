/** A node's core on a disk in memory: real log, keys, Cedar, effects and skills. What a crash leaves is what `disk` holds. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { expect } from 'vitest';
import { openLog, type AuditLog, type Entry, type EventType } from '../../audit';
import { hex, sha256Hex, signerFromSeed, type Signer } from '../../crypto';
import { openGovernance, type Governance } from '../../governance';
import type { Identity, IdentityService, KeyPurpose } from '../../identity';
import { KeyLife } from '../../keys';
import { openCatalogue } from '../../node/catalogue';
import { createExecutors } from '../../node/effects';
import { Registry } from '../../node/effects/registry';
import { InstalledSkills } from '../../node/installs';
import { Openings } from '../../node/openings';
import type { Assets } from '../../node/types';
import type { SkillRunner } from '../../skills';
import { createMemoryStorage, MemoryDisk, type Storage } from '../../storage';
import { createPipelines, stageExecutor, type Pipelines, type RunStatus } from '..';

const PUBLIC = new URL('../../../public/', import.meta.url);
export const IRON_PATH = readFileSync(new URL('pipelines/iron-path.yaml', PUBLIC), 'utf8');
/** Less training, for tests that are not about the model. */
export const QUICK = IRON_PATH.replace('epochs: 400', 'epochs: 40');

const publicAssets: Assets = {
  read: (path) =>
    readFile(new URL(path, PUBLIC)).then(
      (bytes) => new Uint8Array(bytes),
      () => undefined,
    ),
};

export interface Opened {
  storage: Storage;
  log: AuditLog;
  governance: Governance;
  registry: Registry;
  pipelines: Pipelines;
  entries(type?: EventType): Promise<Entry[]>;
}

export class World {
  readonly disk = new MemoryDisk();
  assets = publicAssets;
  /** Advances by 1 ms at each look, so that no two moments are the same. */
  now = Date.parse('2026-01-02T03:04:05.000Z');
  #random = 1;

  constructor(public skills: SkillRunner) {}

  readonly clock = { now: () => this.now++ };
  readonly random = {
    bytes: (length: number) => {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, this.#random++);
      return bytes;
    },
  };

  /** A process on this disk. An earlier one that was not closed is as good as killed. */
  async open(): Promise<Opened> {
    const storage = createMemoryStorage({ disk: this.disk });
    await storage.claimWriter();
    const identity = await fixedIdentity();
    const { signers } = identity;
    const origin = `sovereign-node/${identity.public.nodeId.slice(0, 16)}`;
    const log = await openLog({
      storage,
      signer: signers.log,
      origin,
      clock: this.clock,
      schedule: () => () => undefined,
    });
    if (log.size === 0) await log.append({ type: 'GENESIS', data: genesis(origin, identity) });
    const registry = new Registry();
    for await (const entry of log.entries(0, log.size)) registry.apply(entry);
    const catalogue = await openCatalogue(this.assets, () => storage.blobs);
    const { clock, random, assets, skills } = this;
    const effects = {
      log,
      blobs: storage.blobs,
      records: storage.records,
      assets,
      registry,
      installs: new InstalledSkills(),
      fetch: () => Promise.reject(new Error('this world has no network')),
      fetchContent: () => Promise.reject(new Error('this world has no mesh')),
      delegate: () => Promise.reject(new Error('this world has no mesh')),
      ask: () => Promise.reject(new Error('this world has no other devices')),
      identity,
      cedar,
      catalogue: () => catalogue,
      runner: skills,
      openings: new Openings(storage.records, random),
      life: () => new KeyLife(),
      isRunning: () => false,
      service: (): IdentityService => {
        throw new Error('a pipeline changes no key');
      },
    };
    const made: { pipelines?: Pipelines } = {};
    const governance = await openGovernance({
      log,
      blobs: storage.blobs,
      governance: signers.governance,
      owner: signers.owner,
      cedar,
      clock,
      random,
      executors: (gate, guard) =>
        createExecutors({ ...effects, gate, guard, stages: stageExecutor(gate, () => made.pipelines!) }),
    });
    const pipelines = await createPipelines({
      kernel: governance,
      log,
      blobs: storage.blobs,
      issueRole: (grant) => governance.issueRole(grant),
      governanceSigner: signers.governance,
      clock,
      random,
      skills: (name) => catalogue.find(name),
      datasets: async (file) => {
        const bytes = await assets.read(`datasets/${file}`);
        return bytes && sha256Hex(bytes);
      },
      pointer: (name) => registry.get(name),
    });
    made.pipelines = pipelines;
    const entries = async (type?: EventType): Promise<Entry[]> => {
      const found: Entry[] = [];
      for await (const entry of log.entries(0, log.size))
        if (type === undefined || entry.type === type) found.push(entry);
      return found;
    };
    return { storage, log, governance, registry, pipelines, entries };
  }
}

/** Answers each request for approval as soon as it stands. */
export function answer({ governance }: Opened, verdict: 'yes' | 'no'): void {
  const decide = (): void => {
    for (const { id } of governance.pendingApprovals()) {
      // A kill of the disk ends this too, and is what the test is about.
      governance.decide(id, verdict).catch(() => undefined);
    }
  };
  governance.onApprovals(decide);
  decide();
}

/** Resolves with the run's first status that satisfies `wanted`. */
export function until({ pipelines }: Opened, run: string, wanted: (status: RunStatus) => boolean): Promise<RunStatus> {
  return new Promise((resolve) => {
    const look = (status: RunStatus): void => {
      if (status.id !== run || !wanted(status)) return;
      stop();
      resolve(status);
    };
    const stop = pipelines.onChange(look);
    look(pipelines.get(run));
  });
}

async function fixedIdentity(): Promise<Identity> {
  const signer = (byte: number): Promise<Signer> => signerFromSeed(new Uint8Array(32).fill(byte));
  const signers = { node: await signer(1), governance: await signer(2), log: await signer(3), owner: await signer(4) };
  const keys = Object.entries(signers).map(([purpose, { publicKey }]) => [purpose, hex(publicKey)] as const);
  const publicKeys = Object.fromEntries(keys) as Record<KeyPurpose, string>;
  const nodeId = sha256Hex(signers.node.publicKey);
  return { public: { nodeId, publicKeys, words: '', createdAt: '2026-01-02T03:04:05.000Z', seal: 'device' }, signers };
}

const genesis = (origin: string, { public: { nodeId, publicKeys, createdAt } }: Identity) => ({
  origin,
  node_id: nodeId,
  keys: { ...publicKeys },
  created_at: createdAt,
});

/** However often it was cut off: one promotion, one rollback, three votes, one model. */
export async function exactlyOnce(opened: Opened): Promise<void> {
  expect(await opened.entries('PROMOTION')).toHaveLength(1);
  expect(await opened.entries('ROLLBACK')).toHaveLength(1);
  expect(await opened.entries('VOTE_CAST')).toHaveLength(3);
  const done = (await opened.entries('STAGE_COMPLETED')).map((e) => e.data['stage']);
  expect(done).toEqual(['prepare', 'train', 'evaluate', 'promote', 'undo', 'export']);
  const model = await opened.storage.blobs.get(opened.pipelines.list()[0]!.stages[1]!.sha256!);
  expect(sha256Hex(model!)).toBe(opened.pipelines.list()[0]!.stages[1]!.sha256);
}
