/** docs/vectors/work-order.json, as any other implementation would run it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, hex, jcs, sha256Text, signerFromSeed, type Signer } from '../crypto';
import type { JsonObject } from '../protocol/json';
import { ACTIONS, actionDigest } from './actions';
import { Approvers } from './approvers';
import { verifyApproval } from './approval';
import { verifySnapshot, type SignedSnapshot } from './config';
import { createOrderLedger } from './gate';
import { roleDigest, verifyRole } from './roles';
import { keyRegistry, signJcs } from './signed';
import { code } from './testkit';
import type { ActionName, Approval, Audience, Intent, RoleSignature, WorkOrder } from './types';

interface Vectors {
  keys: Record<'governance' | 'owner', { seed: string; public: string; id: string }>;
  actions: {
    principal: Intent['principal'];
    action: ActionName;
    resource: Intent['resource'];
    context: Intent['context'];
    arguments: JsonObject;
    arguments_jcs: string;
    arguments_sha256: string;
    action_jcs: string;
    action_digest: string;
    audience: Audience;
  }[];
  order: { signed_jcs: string; order: WorkOrder; policy_sha256: string };
  checks: {
    name: string;
    order: unknown;
    audience: Audience;
    action: ActionName;
    arguments: JsonObject;
    now: string;
    expect: string;
  }[];
  role: { signed_jcs: string; role_signature: RoleSignature; role_signature_sha256: string; refused: RoleSignature[] };
  approval: { signed_jcs: string; approval: Approval; refused: Approval[] };
  snapshot: { signed_jcs: string; data: SignedSnapshot; refused: SignedSnapshot[] };
}

const file = new URL('../../docs/vectors/work-order.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const keys = keyRegistry(vectors.keys.governance.public, vectors.keys.owner.public, []);
const signer = async (name: 'governance' | 'owner'): Promise<Signer> =>
  signerFromSeed(fromHex(vectors.keys[name].seed)!);

/** Ed25519 is deterministic, so a signer must give exactly the signature of the vector. */
async function sameSignature(by: 'governance' | 'owner', signedJcs: string, signature: string): Promise<void> {
  expect(jcs(JSON.parse(signedJcs))).toBe(signedJcs);
  expect(await signJcs(await signer(by), JSON.parse(signedJcs) as JsonObject)).toBe(signature);
}

const without = (value: { signature: string }): string => {
  const { signature: _, ...body } = value;
  return jcs(body);
};

test('keys', async () => {
  for (const name of ['governance', 'owner'] as const) {
    expect(hex((await signer(name)).publicKey)).toBe(vectors.keys[name].public);
  }
});

test.each(vectors.actions)('action digest of $action', (v) => {
  expect(jcs(v.arguments)).toBe(v.arguments_jcs);
  expect(sha256Text(v.arguments_jcs)).toBe(v.arguments_sha256);
  expect(sha256Text(v.action_jcs)).toBe(v.action_digest);
  expect(actionDigest(v, v.arguments_sha256)).toBe(v.action_digest);
  expect(ACTIONS[v.action].audience).toBe(v.audience);
  expect(Object.keys(v.arguments).sort()).toEqual([...ACTIONS[v.action].args].sort());
});

test('the order has its signature', async () => {
  expect(without(vectors.order.order)).toBe(vectors.order.signed_jcs);
  await sameSignature('governance', vectors.order.signed_jcs, vectors.order.order.signature);
});

describe('the gate', () => {
  test.each(vectors.checks)('$name', async (v) => {
    const clock = { now: () => Date.parse(v.now) };
    const ledger = createOrderLedger(keys.governance, clock, () => vectors.order.policy_sha256, []);
    if (v.expect !== 'order_not_logged') ledger.admit(v.order as WorkOrder);
    const answer = ledger.gate.check(v.order, { audience: v.audience, action: v.action, args: v.arguments });
    expect(await code(answer)).toBe(v.expect === 'pass' ? 'done' : v.expect);
  });
});

test('the role signature holds, and its changed forms do not', async () => {
  const { role_signature: role, role_signature_sha256, signed_jcs, refused } = vectors.role;
  expect(without(role)).toBe(signed_jcs);
  await sameSignature('governance', signed_jcs, role.signature);
  expect(roleDigest(role)).toBe(role_signature_sha256);
  await expect(verifyRole(role, keys)).resolves.toEqual(role);
  for (const bad of refused) await expect(verifyRole(bad, keys)).rejects.toMatchObject({ code: 'role_invalid' });
});

test('the approval holds, and its changed forms do not', async () => {
  const { approval, signed_jcs, refused } = vectors.approval;
  await sameSignature('owner', signed_jcs, approval.signature);
  expect(await verifyApproval(approval, keys, new Approvers())).toBe(true);
  for (const bad of refused) expect(await verifyApproval(bad, keys, new Approvers())).toBe(false);
});

test('the snapshot holds, and its changed forms do not', async () => {
  const { data, signed_jcs, refused } = vectors.snapshot;
  expect(jcs(data.snapshot)).toBe(signed_jcs);
  await sameSignature('governance', signed_jcs, data.signature);
  await sameSignature('owner', signed_jcs, data.owner_signature!);
  expect(await verifySnapshot(data, keys)).toBe(true);
  for (const bad of refused) expect(await verifySnapshot(bad, keys)).toBe(false);
});
