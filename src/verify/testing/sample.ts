/** A real bundle of a real log: real keys, kernel, policies and approvals. For tests of the exporter and the verifier. */
import { collectEvidence, buildBundle, zipBundle } from '../../audit/export';
import { signStatement } from '../../audit/dsse';
import { openLog } from '../../audit/log';
import type { AuditLog } from '../../audit/types';
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
import type { Cedar } from '../../governance/policy';
import { openTestNode, promote, readDataset, RUNNER, seed, TestClock, type TestNode } from '../../governance/testkit';
import type { BundleFile, BundleKey } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import { createMemoryStorage, type Storage } from '../../storage';

export type Keys = Record<BundleKey, Signer>;

export interface Sample {
  files: BundleFile[];
  zip: Uint8Array<ArrayBuffer>;
  keys: Keys;
}

export async function makeKeys(first = 1): Promise<Keys> {
  const [governance, owner, node, log] = await Promise.all([0, 1, 2, 3].map((n) => signerFromSeed(seed(first + n))));
  return { governance: governance!, owner: owner!, node: node!, log: log! };
}

/** @param more `NODE_STARTED` entries to make the log longer */
export async function makeSample(
  cedar: Cedar,
  options: { keys?: Keys; more?: number; run?: string } = {},
): Promise<Sample> {
  const keys = options.keys ?? (await makeKeys());
  const storage = createMemoryStorage();
  await storage.claimWriter();
  const clock = new TestClock();
  const nodeId = sha256Hex(keys.node.publicKey);
  const origin = `sovereign-node/${nodeId.slice(0, 16)}`;
  const log = await openLog({ storage, signer: keys.log, origin, clock, schedule: () => () => undefined });
  const publicKeys = hexKeys(keys);
  const created = new Date(clock.now()).toISOString();
  await log.append({ type: 'GENESIS', data: { origin, node_id: nodeId, keys: publicKeys, created_at: created } });
  await act(cedar, log, storage, keys, clock);
  const more = Array.from({ length: options.more ?? 0 }, (_, i) => ({
    type: 'NODE_STARTED' as const,
    data: { version: `0.1.${i}`, note: 'größe ✓' },
  }));
  for (let at = 0; at < more.length; at += 1000) await log.appendAll(more.slice(at, at + 1000));
  const checkpoint = await log.checkpoint();
  const evidence = await collectEvidence(log, storage.blobs, checkpoint.size, options.run ?? null);
  const files = await buildBundle({ log, checkpoint, publicKeys, governance: keys.governance, ...evidence });
  await log.close();
  return { files, zip: zipBundle(files), keys };
}

const hexKeys = (keys: Keys): Record<BundleKey, string> => ({
  node: hex(keys.node.publicKey),
  governance: hex(keys.governance.publicKey),
  log: hex(keys.log.publicKey),
  owner: hex(keys.owner.publicKey),
});

/** Two finished stages, an approved promotion, a refusal, reads in between. */
async function act(cedar: Cedar, log: AuditLog, storage: Storage, keys: Keys, testClock: TestClock): Promise<void> {
  const pointers: Record<string, Sha256> = {};
  const effect = async (done: { order: { order_id: string }; args: JsonObject }): Promise<JsonObject> => {
    const { pointer, model_sha256: to } = done.args as Record<string, string>;
    if (pointer === undefined || to === undefined) return { done: true };
    const move = { pointer, from: null, to, ...moved(pointers, pointer, to) };
    await log.append({ type: 'PROMOTION', data: { ...move, order_id: done.order.order_id, run: 'run-1' } });
    return move;
  };
  const { governance, owner } = keys;
  const node = await openTestNode({ cedar, log, blobs: storage.blobs, governance, owner, testClock, effect });
  await node.governance.execute(readDataset(node.role));
  await stage(node, log, storage, keys, 'prepare', [
    ['train.csv', utf8('x,y\n1,2\n2,4\n')],
    ['test.csv', utf8('x,y\n3,6\n')],
  ]);
  await stage(node, log, storage, keys, 'train', [['model.json', jcsBytes({ slope: 2, intercept: 0 })]]);
  await node.governance.execute({ ...readDataset(node.role), principal: { type: 'Agent', id: 'stranger' } }).then(
    () => Promise.reject(new Error('the refusal in the sample was not refused')),
    () => undefined,
  );
  const promotion = promote(node.role);
  await node.governance.execute(promotion, { onPending: (id) => void node.governance.decide(id, 'yes') });
}

function moved(pointers: Record<string, Sha256>, pointer: string, to: Sha256): JsonObject {
  const state = (): Sha256 => sha256Text(jcs({ pointers }));
  const before = state();
  pointers[pointer] = to;
  return { state_before: before, state_after: state() };
}

async function stage(
  node: TestNode,
  log: AuditLog,
  storage: Storage,
  keys: Keys,
  name: string,
  made: readonly [string, Uint8Array][],
): Promise<void> {
  const artifacts = made.map(([file, bytes]) => ({ name: file, sha256: sha256Hex(bytes), bytes: bytes.length }));
  for (const [, bytes] of made) await storage.blobs.put(bytes);
  const { order } = await node.governance.execute({
    principal: RUNNER,
    action: 'run_stage',
    resource: { type: 'Stage', id: 'data_preparation' },
    args: { run: 'run-1', pipeline_sha256: sha256Text('yaml'), stage: name, type: 'data_preparation', inputs: {} },
    context: {},
    roleSignature: node.role,
    run: 'run-1',
  });
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: artifacts.map((a) => ({ name: a.name, digest: { sha256: a.sha256 } })),
    predicateType: 'https://in-toto.io/attestation/link/v0.3',
    predicate: { name, command: [], materials: [], byproducts: {}, environment: {} },
  };
  const statementSha = await storage.blobs.put(await signStatement(statement, keys.governance));
  await log.append({
    type: 'STAGE_COMPLETED',
    data: {
      run: 'run-1',
      stage: name,
      type: 'data_preparation',
      order_id: order.order_id,
      artifacts,
      statement_sha256: statementSha,
      summary: 'done',
    },
  });
}
