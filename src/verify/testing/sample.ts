/** A real bundle of a real log: real keys, kernel, policies and approvals. For tests of the exporter and the verifier. */
import { openLog, signStatement, type AuditLog } from '../../audit';
import { buildBundle, zipBundle } from '../../audit/export';
import {
  hex,
  jcs,
  jcsBytes,
  sha256Hex,
  sha256Text,
  signerFromSeed,
  utf8,
  type Sha256,
  type Signer,
} from '../../crypto';
import {
  openGovernance,
  type Audience,
  type Executor,
  type Governance,
  type Intent,
  type OrderGate,
  type Principal,
  type RoleSignature,
} from '../../governance';
import type { Cedar } from '../../policy';
import type { BundleFile, BundleKey } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import type { Clock, Random } from '../../protocol/runtime';
import { createMemoryStorage, type BlobStore, type Storage } from '../../storage';
import { bytesSource } from '../source';
import { zipReader } from '../zip';

export type Keys = Record<BundleKey, Signer>;

export interface Sample {
  files: BundleFile[];
  zip: Uint8Array<ArrayBuffer>;
  keys: Keys;
  /** What the node stored beside its log. */
  blobs: BlobStore;
}

export async function makeKeys(first = 1): Promise<Keys> {
  const [governance, owner, node, log] = await Promise.all(
    [0, 1, 2, 3].map((n) => signerFromSeed(new Uint8Array(32).fill(first + n))),
  );
  return { governance: governance!, owner: owner!, node: node!, log: log! };
}

/**
 * @param more `NODE_STARTED` entries to make the log longer
 * @param also what happens after the run
 * @param executors of what `also` does
 * @param start the node's time before its first entry
 */
export async function makeSample(
  cedar: Cedar,
  options: {
    keys?: Keys;
    more?: number;
    run?: string;
    also?: (scene: Scene) => Promise<void>;
    /** For acts of other audiences than the run's. */
    executors?: (gate: OrderGate, storage: Storage) => Executor[];
    cosignedBy?: (note: string) => Promise<string>;
    start?: string;
  } = {},
): Promise<Sample> {
  const keys = options.keys ?? (await makeKeys());
  const storage = createMemoryStorage();
  await storage.claimWriter();
  const clock = tickingClock(options.start);
  const nodeId = sha256Hex(keys.node.publicKey);
  const origin = `sovereign-node/${nodeId.slice(0, 16)}`;
  const log = await openLog({ storage, signer: keys.log, origin, clock, schedule: () => () => undefined });
  const publicKeys = hexKeys(keys);
  const created = new Date(clock.now()).toISOString();
  await log.append({ type: 'GENESIS', data: { origin, node_id: nodeId, keys: publicKeys, created_at: created } });
  const older = await log.checkpoint();
  const scene = await act(cedar, log, storage, keys, clock, options.executors);
  await options.also?.(scene);
  const more = Array.from({ length: options.more ?? 0 }, (_, i) => ({
    type: 'NODE_STARTED' as const,
    data: { version: `0.1.${i}`, note: 'größe ✓' },
  }));
  for (let at = 0; at < more.length; at += 1000) await log.appendAll(more.slice(at, at + 1000));
  const checkpoint = await log.checkpoint();
  const { cosignedBy = (note: string) => Promise.resolve(note) } = options;
  const covered = { ...checkpoint, note: await cosignedBy(checkpoint.note) };
  const input = {
    log,
    blobs: storage.blobs,
    checkpoint: covered,
    older: older.note,
    signers: keys,
    run: options.run ?? null,
  };
  const zip = zipBundle(await buildBundle(input));
  await log.close();
  return { files: await unpack(zip), zip, keys, blobs: storage.blobs };
}

/** The files of a zip, as they lie in a directory. */
export async function unpack(zip: Uint8Array<ArrayBuffer>): Promise<BundleFile[]> {
  const reader = await zipReader(bytesSource(zip));
  return Promise.all(reader.files.map(async (path) => ({ path, bytes: await reader.read(path) })));
}

const hexKeys = (keys: Keys): Record<BundleKey, string> => ({
  node: hex(keys.node.publicKey),
  governance: hex(keys.governance.publicKey),
  log: hex(keys.log.publicKey),
  owner: hex(keys.owner.publicKey),
});

/** A second later whenever it is asked. */
function tickingClock(start = '2026-01-02T03:04:05.678Z'): Clock {
  let now = Date.parse(start);
  return { now: () => (now += 1000) };
}

/** Distinct bytes, the same in each run. */
function countingRandom(): Random {
  let next = 1;
  return { bytes: (length) => new Uint8Array(length).fill(next++ & 0xff) };
}

const RUNNER: Principal = { type: 'Pipeline', id: 'iron-path' };
const AUDIENCES: readonly Audience[] = ['pipeline', 'datasets', 'registry'];

export interface Scene {
  log: AuditLog;
  storage: Storage;
  keys: Keys;
  governance: Governance;
  role: RoleSignature;
}

/** Two finished stages, an approved promotion, a refusal, a read in between. */
async function act(
  cedar: Cedar,
  log: AuditLog,
  storage: Storage,
  keys: Keys,
  clock: Clock,
  more: (gate: OrderGate, storage: Storage) => Executor[] = () => [],
): Promise<Scene> {
  const governance = await openGovernance({
    log,
    blobs: storage.blobs,
    governance: keys.governance,
    owner: keys.owner,
    cedar,
    clock,
    random: countingRandom(),
    executors: (gate) => [...AUDIENCES.map((audience) => executor(audience, gate, log)), ...more(gate, storage)],
  });
  const role = await governance.issueRole({ role: 'pipeline_executor', principal: RUNNER, context: {} });
  const scene = { log, storage, keys, governance, role };
  await log.append({ type: 'RUN_STARTED', data: { ...STARTED } });
  const read = intent(
    role,
    'read_dataset',
    { type: 'Dataset', id: 'x.csv' },
    { file: 'x.csv', sha256: sha256Text('x') },
  );
  await governance.execute(read);
  await stage(scene, 'prepare', { 'train.csv': utf8('x,y\n1,2\n2,4\n'), 'test.csv': utf8('x,y\n3,6\n') });
  await stage(scene, 'train', { 'model.json': jcsBytes({ slope: 2, intercept: 0 }) }, 'model_training');
  const refused = await governance
    .execute({ ...read, principal: { type: 'Agent', id: 'stranger' } })
    .catch(() => 'refused');
  if (refused !== 'refused') throw new Error('the refusal in the sample was granted');
  const model = {
    pointer: 'production',
    run: 'run-1',
    stage: 'promote',
    model_sha256: sha256Text('m'),
    previous: null,
  };
  const promote = (): Promise<unknown> =>
    governance.execute(intent(role, 'promote', { type: 'Pointer', id: 'production' }, model), {
      onPending: (id) => void governance.decide(id, 'yes'),
    });
  await stage(scene, 'promote', { 'promotion.json': jcsBytes({ pointer: 'production' }) }, 'promotion', promote);
  await log.append({ type: 'RUN_COMPLETED', data: { run: 'run-1' } });
  return scene;
}

const LINK = 'https://in-toto.io/attestation/link/v0.3';
const PROVENANCE = {
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: { buildType: 'urn:test', externalParameters: {} },
    runDetails: { builder: { id: 'urn:test' } },
  },
};

/** The run as its pipeline declares it. */
const STARTED = {
  run: 'run-1',
  pipeline: { name: 'iron-path', version: '1.0.0' },
  pipeline_sha256: sha256Text('yaml'),
  datasets: { 'x.csv': sha256Text('x') },
  stages: [
    { name: 'prepare', type: 'data_preparation', needs: [] },
    { name: 'train', type: 'model_training', needs: ['prepare'] },
    { name: 'promote', type: 'promotion', needs: ['train'] },
  ],
};

const intent = (
  roleSignature: RoleSignature,
  action: Intent['action'],
  resource: Intent['resource'],
  args: JsonObject,
): Intent => ({ principal: RUNNER, action, resource, args, context: {}, roleSignature, run: 'run-1' });

function executor(audience: Audience, gate: OrderGate, log: AuditLog): Executor {
  return {
    audience,
    async execute(order, args) {
      await gate.check(order, { audience, action: order.action, args });
      if (order.action !== 'promote') return { done: true };
      const { pointer, model_sha256: to } = args as Record<string, string>;
      const state = (pointers: JsonObject): Sha256 => sha256Text(jcs({ pointers }));
      const moved = { from: null, to: to!, state_before: state({}), state_after: state({ [pointer!]: to! }) };
      const { order_id } = order;
      await log.append({ type: 'PROMOTION', data: { pointer: pointer!, ...moved, order_id, run: 'run-1' } });
      return moved;
    },
  };
}

async function stage(
  scene: Scene,
  name: string,
  made: Record<string, Uint8Array>,
  type = 'data_preparation',
  work: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const { log, storage, keys, governance, role } = scene;
  const files = Object.entries(made);
  const artifacts = files.map(([file, bytes]) => ({ name: file, sha256: sha256Hex(bytes), bytes: bytes.length }));
  for (const [, bytes] of files) await storage.blobs.put(bytes);
  const args = { run: 'run-1', pipeline_sha256: sha256Text('yaml'), stage: name, type, inputs: {} };
  const { order } = await governance.execute(intent(role, 'run_stage', { type: 'Stage', id: type }, args));
  await work();
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: artifacts.map((a) => ({ name: a.name, digest: { sha256: a.sha256 } })),
    ...(type === 'model_training' ? PROVENANCE : { predicateType: LINK, predicate: { name } }),
  };
  const statement_sha256 = await storage.blobs.put(await signStatement(statement, keys.governance));
  const data = {
    run: 'run-1',
    stage: name,
    type,
    order_id: order.order_id,
    artifacts,
    statement_sha256,
    summary: 'done',
  };
  await log.append({ type: 'STAGE_COMPLETED', data });
}
