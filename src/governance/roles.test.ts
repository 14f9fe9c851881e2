import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, signerFromSeed } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { POLICY_SET } from './config-executor';
import { roleDigest, verifyRole } from './roles';
import { keyId, keyRegistry, signJcs, type KeyRegistry } from './signed';
import { code, openTestNode, readDataset, RUNNER, seed, type TestNode } from './testkit';
import { OWNER, type Intent, type RoleSignature } from './types';

const grant = { role: 'pipeline_executor', principal: RUNNER, context: {} } as const;

async function resigned(role: RoleSignature, change: Partial<RoleSignature>, byte: number): Promise<RoleSignature> {
  const { signature: _, ...body } = { ...role, ...change };
  return { ...body, signature: await signJcs(await signerFromSeed(seed(byte)), body) };
}

/** Puts a role into the log as if it had been granted, and starts again: the registry itself then holds it. */
async function planted(node: TestNode, role: RoleSignature): Promise<TestNode> {
  const data = {
    role_signature: { ...role, principal: { ...role.principal } },
    role_signature_sha256: roleDigest(role),
  };
  await node.log.append({ type: 'ROLE_SIGNATURE', data });
  return openTestNode({ cedar, disk: node.disk.copy(), testClock: node.clock });
}

describe('a role signature', () => {
  test('relabelled from auditor to owner is refused', async () => {
    const node = await openTestNode({ cedar });
    const auditor = await node.governance.issueRole({ ...grant, role: 'auditor' });
    const intent = { ...readDataset({ ...auditor, role: 'pipeline_executor' }) };
    expect(await code(node.governance.execute(intent))).toBe('role_invalid');
    const after = await planted(node, { ...auditor, role: 'pipeline_executor', nonce: 'a'.repeat(32) });
    const relabelled = { ...auditor, role: 'pipeline_executor', nonce: 'a'.repeat(32) } as const;
    expect(await code(after.governance.execute(readDataset(relabelled)))).toBe('role_invalid');
    expect([...node.effects, ...after.effects]).toEqual([]);
  });

  test("signed with the attacker's own key, named inside it, is refused", async () => {
    const node = await openTestNode({ cedar });
    const attacker = await signerFromSeed(seed(66));
    const issuer = keyId(attacker.publicKey);
    const forged = await resigned(node.role, { issuer, nonce: 'b'.repeat(32) }, 66);
    expect(await code(node.governance.execute(readDataset(forged)))).toBe('role_invalid');
    const withKey = { ...forged, public_key: hex(attacker.publicKey) } as RoleSignature;
    expect(await code(node.governance.execute(readDataset(withKey)))).toBe('role_invalid');
    const after = await planted(node, forged);
    expect(await code(after.governance.execute(readDataset(forged)))).toBe('role_invalid');
    expect([...node.effects, ...after.effects]).toEqual([]);
  });

  test("signed with the attacker's key under the governance key's name is refused", async () => {
    const node = await openTestNode({ cedar });
    const forged = await resigned(node.role, { nonce: 'c'.repeat(32) }, 66);
    const after = await planted(node, forged);
    expect(await code(after.governance.execute(readDataset(forged)))).toBe('role_invalid');
  });

  test('rightly signed but never logged is refused', async () => {
    const node = await openTestNode({ cedar });
    const quiet = await resigned(node.role, { nonce: 'd'.repeat(32) }, 1);
    expect(await code(node.governance.execute(readDataset(quiet)))).toBe('role_invalid');
  });

  test('with a nonce that was used before is not taken in', async () => {
    const node = await openTestNode({ cedar });
    const twin = await resigned(node.role, { context: { run: 'x' } }, 1);
    const after = await planted(node, twin);
    expect(await code(after.governance.execute({ ...readDataset(twin), run: 'x' }))).toBe('role_invalid');
  });

  test('of the owner by the governance key is refused', async () => {
    const node = await openTestNode({ cedar });
    const usurper = await resigned(node.role, { role: 'owner', principal: OWNER, nonce: 'e'.repeat(32) }, 1);
    const after = await planted(node, usurper);
    const intent: Intent = { ...signPolicies, roleSignature: usurper };
    expect(await code(after.governance.execute(intent))).toBe('role_invalid');
  });

  test('of an owner does not make a pipeline one', async () => {
    const node = await openTestNode({ cedar });
    const role = await node.governance.issueRole({ role: 'owner', principal: RUNNER, context: {} });
    expect(await code(node.governance.execute(readDataset(role)))).toBe('role_invalid');
  });

  test('is good for its context only', async () => {
    const node = await openTestNode({ cedar });
    const role = await node.governance.issueRole({ ...grant, context: { run: 'run-1', file: 'iris.csv' } });
    const right: Intent = { ...readDataset(role), run: 'run-1' };
    expect(await code(node.governance.execute(right))).toBe('done');
    expect(await code(node.governance.execute({ ...right, run: 'run-2' }))).toBe('role_invalid');
    expect(await code(node.governance.execute(readDataset(role)))).toBe('role_invalid');
    expect(await code(node.governance.execute({ ...readDataset(role, 'wine.csv'), run: 'run-1' }))).toBe(
      'role_invalid',
    );
  });

  test('ends', async () => {
    const node = await openTestNode({ cedar });
    const short = await node.governance.issueRole({ ...grant, ttlMs: 10 });
    node.clock.ms += 9;
    expect(await code(node.governance.execute(readDataset(short)))).toBe('done');
    node.clock.ms += 1;
    expect(await code(node.governance.execute(readDataset(short)))).toBe('role_invalid');
  });

  test('revoked is refused, also after a restart', async () => {
    const node = await openTestNode({ cedar });
    const role = await node.governance.issueRole(grant);
    await node.governance.revokeRole(roleDigest(role));
    expect(await code(node.governance.execute(readDataset(role)))).toBe('role_invalid');
    const after = await openTestNode({ cedar, disk: node.disk.copy(), testClock: node.clock });
    expect(await code(after.governance.execute(readDataset(role)))).toBe('role_invalid');
  });

  test('survives a restart', async () => {
    const node = await openTestNode({ cedar });
    const after = await openTestNode({ cedar, disk: node.disk.copy(), testClock: node.clock });
    expect(await code(after.governance.execute(readDataset(node.role)))).toBe('done');
  });

  const signPolicies = {
    principal: OWNER,
    action: 'sign_policies',
    resource: POLICY_SET,
    args: { policies_sha256: '0'.repeat(64) },
    context: {},
  } as const;
});

test('any change of a role signature is refused', async () => {
  const node = await openTestNode({ cedar });
  const [governance, owner] = [node.keys.governance.publicKey, node.keys.owner.publicKey];
  const keys: KeyRegistry = keyRegistry(hex(governance), hex(owner), []);
  await expect(verifyRole(node.role, keys)).resolves.toEqual(node.role);
  const field = fc.constantFrom(...(Object.keys(node.role) as (keyof RoleSignature)[]));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('owner', 'evaluator', OWNER, keyId(owner), '2036-01-02T03:04:05.678Z', 'f'.repeat(32)),
  );
  await fc.assert(
    fc.asyncProperty(field, value, async (key, changed) => {
      fc.pre(JSON.stringify(changed) !== JSON.stringify(node.role[key]));
      const forged = { ...node.role, [key]: changed } as RoleSignature;
      expect(await code(verifyRole(forged, keys))).toBe('role_invalid');
      expect(await code(node.governance.execute(readDataset(forged)))).toBe('role_invalid');
    }),
    { numRuns: 200 },
  );
});

test('roles in force are bounded, and expired ones make room', async () => {
  const node = await openTestNode({ cedar });
  const before = node.disk.ofType('ROLE_SIGNATURE').length;
  const all = Array.from({ length: LIMITS.liveRoles - before }, () => node.governance.issueRole(grant));
  await Promise.all(all);
  expect(await code(node.governance.issueRole(grant))).toBe('overloaded');
  node.clock.ms += LIMITS.roleTtlMs;
  expect(await code(node.governance.issueRole(grant))).toBe('done');
});
