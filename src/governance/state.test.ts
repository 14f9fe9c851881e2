import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLine, type NewEntry } from '../audit';
import { sha256Text, utf8 } from '../crypto';
import { signSnapshot, verifySnapshot, type SignedSnapshot } from './config';
import { loadState } from './state';
import { hex } from '../crypto';
import { keyRegistry } from './signed';
import { code, openTestNode, promote, readDataset, TestDisk, type TestNode } from './testkit';

/** Opens a node on a log to which `entries` were added behind its back, rightly chained: the log itself has no flaw. */
async function reopenedWith(node: TestNode, ...entries: NewEntry[]): Promise<string> {
  const disk = node.disk.copy();
  const { log } = await disk.open(node.clock);
  for (const entry of entries) await log.append(entry);
  return code(openTestNode({ cedar, disk: disk.copy() }));
}

const snapshotOf = (node: TestNode): SignedSnapshot =>
  node.disk.ofType('CONFIG_SNAPSHOT').at(-1).data as unknown as SignedSnapshot;

async function nextSnapshot(node: TestNode, number = 2): Promise<SignedSnapshot> {
  const { policies_sha256, schema_sha256 } = snapshotOf(node).snapshot;
  const facts = { number, policiesSha256: policies_sha256, schemaSha256: schema_sha256 };
  return signSnapshot(facts, node.clock.now(), node.keys.governance, node.keys.owner);
}

describe('a fresh log', () => {
  test('begins with a snapshot signed by governance and owner, that names its policies', async () => {
    const node = await openTestNode({ cedar });
    const signed = snapshotOf(node);
    const keys = keyRegistry(hex(node.keys.governance.publicKey), hex(node.keys.owner.publicKey), []);
    expect(await verifySnapshot(signed, keys)).toBe(true);
    const text = await node.storage.blobs.get(signed.snapshot.policies_sha256);
    expect(text).toEqual(utf8(node.governance.currentPolicy().cedar));
    expect(await node.storage.blobs.has(signed.snapshot.schema_sha256)).toBe(true);
  });

  test('without a GENESIS is no log', async () => {
    const { log } = await new TestDisk().open({ now: () => 0 });
    const key = new Uint8Array(32);
    expect(await code(loadState(log, { governance: key, owner: key, approvers: [] }))).toBe('config_broken');
  });
});

describe('a broken configuration halts', () => {
  test("a snapshot signed with the attacker's key", async () => {
    const node = await openTestNode({ cedar });
    const { snapshot, ...rest } = await nextSnapshot(node);
    const forged = await signSnapshot(
      { number: 2, policiesSha256: snapshot.policies_sha256, schemaSha256: snapshot.schema_sha256 },
      node.clock.now(),
      node.keys.owner,
      node.keys.owner,
    );
    expect(await reopenedWith(node, { type: 'CONFIG_SNAPSHOT', data: forged })).toBe('config_broken');
    expect(await reopenedWith(node, { type: 'CONFIG_SNAPSHOT', data: { snapshot, ...rest } })).toBe('done');
  });

  test('a snapshot relabelled to other policies', async () => {
    const node = await openTestNode({ cedar });
    const signed = await nextSnapshot(node);
    const snapshot = { ...signed.snapshot, policies_sha256: sha256Text('permit (principal, action, resource);') };
    expect(await reopenedWith(node, { type: 'CONFIG_SNAPSHOT', data: { ...signed, snapshot } })).toBe('config_broken');
  });

  test('a snapshot with the wrong number, or played again', async () => {
    const node = await openTestNode({ cedar });
    const data = await nextSnapshot(node, 3);
    expect(await reopenedWith(node, { type: 'CONFIG_SNAPSHOT', data })).toBe('config_broken');
    expect(await reopenedWith(node, { type: 'CONFIG_SNAPSHOT', data: snapshotOf(node) })).toBe('config_broken');
  });

  test('any change of a signed snapshot', async () => {
    const node = await openTestNode({ cedar });
    const signed = snapshotOf(node);
    const keys = keyRegistry(hex(node.keys.governance.publicKey), hex(node.keys.owner.publicKey), []);
    const field = fc.constantFrom(...(Object.keys(signed.snapshot) as (keyof SignedSnapshot['snapshot'])[]));
    await fc.assert(
      fc.asyncProperty(field, fc.jsonValue(), async (key, value) => {
        fc.pre(JSON.stringify(value) !== JSON.stringify(signed.snapshot[key]));
        const snapshot = { ...signed.snapshot, [key]: value };
        expect(await verifySnapshot({ ...signed, snapshot }, keys)).toBe(false);
      }),
    );
  });

  test('policies that are missing', async () => {
    const node = await openTestNode({ cedar });
    const disk = node.disk.copy();
    disk.memory.blobs.delete(snapshotOf(node).snapshot.policies_sha256);
    expect(await code(openTestNode({ cedar, disk }))).toBe('config_broken');
  });

  test('policies that were changed on the disk', async () => {
    const node = await openTestNode({ cedar });
    const disk = node.disk.copy();
    disk.memory.blobs.set(
      snapshotOf(node).snapshot.policies_sha256,
      utf8('@id("x") permit (principal, action, resource);'),
    );
    expect(await code(openTestNode({ cedar, disk }))).toBe('config_broken');
  });

  test('a second GENESIS', async () => {
    const node = await openTestNode({ cedar });
    expect(await reopenedWith(node, { type: 'GENESIS', data: node.disk.entries()[0]!.data })).toBe('config_broken');
  });

  test('a log that was begun with other keys', async () => {
    const node = await openTestNode({ cedar });
    const held = { governance: node.keys.owner.publicKey, owner: node.keys.owner.publicKey, approvers: [] };
    expect(await code(loadState(node.log, held))).toBe('config_broken');
  });

  test('a request for approval that shows other arguments than its digest covers', async () => {
    const node = await openTestNode({ cedar });
    await new Promise<string>((onPending) => void node.governance.execute(promote(node.role), { onPending }));
    const { data } = node.disk.ofType('APPROVAL_REQUESTED')[0]!;
    const intent = data['intent'] as { args: object };
    const harmless = {
      ...data,
      approval_id: 'a'.repeat(32),
      intent: { ...intent, args: { ...intent.args, run: 'other' } },
    };
    expect(await reopenedWith(node, { type: 'APPROVAL_REQUESTED', data: harmless })).toBe('config_broken');
  });

  test('a forged approval', async () => {
    const node = await openTestNode({ cedar });
    const id = await new Promise<string>(
      (onPending) => void node.governance.execute(promote(node.role), { onPending }),
    );
    const { actionDigest } = node.governance.pendingApprovals()[0]!;
    const approval = {
      approver: sha256Text('nobody'),
      approval_id: id,
      action_digest: actionDigest,
      verdict: 'yes',
      decided_at: '2026-01-02T03:04:05.678Z',
      signature: btoa('x'.repeat(64)),
    };
    const entry = { type: 'APPROVAL_DECIDED', data: { approval_id: id, approval } } as const;
    expect(await reopenedWith(node, entry)).toBe('config_broken');
  });
});

describe('new policies', () => {
  test('are in force from their entry on, and after a restart; the old ones stay in the log', async () => {
    const node = await openTestNode({ cedar });
    const before = node.governance.currentPolicy();
    const text = `${before.cedar}\n@id("no-data") forbid (principal, action == Action::"read_dataset", resource);\n`;
    const heard: number[] = [];
    node.governance.onPolicies(() => heard.push(node.governance.currentPolicy().in_force_from));
    const { sha256, seq } = await node.governance.setPolicies(text);
    expect(heard).toEqual([seq]);
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('denied');
    const after = await openTestNode({ cedar, disk: node.disk.copy() });
    expect(after.governance.currentPolicy()).toMatchObject({ cedar: text, sha256, in_force_from: seq });
    expect(after.governance.policyHistory().map((p) => p.sha256)).toEqual([sha256, before.sha256]);
    expect(await code(after.governance.execute(readDataset(after.role)))).toBe('denied');
  });

  test('that would lock the owner out are refused, and nothing changes', async () => {
    const node = await openTestNode({ cedar });
    const before = node.governance.currentPolicy();
    const lockOuts = [
      '@id("all") permit (principal is Pipeline, action, resource);',
      `${before.cedar}\n@id("no") forbid (principal, action == Action::"sign_policies", resource);`,
      '@id("many") @approval("owner") @approvals("2") permit (principal is Owner, action, resource);',
      '',
    ];
    for (const text of lockOuts) expect(await code(node.governance.setPolicies(text))).toBe('lock_out');
    expect(node.governance.currentPolicy()).toEqual(before);
    expect(node.disk.ofType('CONFIG_SNAPSHOT')).toHaveLength(1);
  });

  test('that are flawed are refused, and nothing changes', async () => {
    const node = await openTestNode({ cedar });
    expect(await code(node.governance.setPolicies('permit all'))).toBe('bad_policy');
    expect(node.disk.ofType('CONFIG_SNAPSHOT')).toHaveLength(1);
  });

  test('set twice at once: the second is refused as stale, and the numbers have no gap', async () => {
    const node = await openTestNode({ cedar });
    const { cedar: text } = node.governance.currentPolicy();
    const both = await Promise.all([1, 2].map((n) => code(node.governance.setPolicies(`${text}// ${n}\n`))));
    expect(both.sort()).toEqual(['done', 'order_stale_policy']);
    expect(await code(openTestNode({ cedar, disk: node.disk.copy() }))).toBe('done');
  });

  test('with a payload that is not the text that was signed for are refused', async () => {
    const node = await openTestNode({ cedar });
    const intent = {
      principal: { type: 'Owner', id: 'owner' },
      action: 'sign_policies',
      resource: { type: 'PolicySet', id: 'current' },
      args: { policies_sha256: sha256Text('harmless') },
      context: {},
      roleSignature: await node.governance.ownerRole(),
      payload: utf8('@id("evil") permit (principal, action, resource);'),
    } as const;
    expect(await code(node.governance.execute(intent))).toBe('bad_arguments');
    expect(node.disk.ofType('CONFIG_SNAPSHOT')).toHaveLength(1);
  });
});

test('every governance record that a node writes is a line that a stranger can read back', async () => {
  const node = await openTestNode({ cedar });
  await node.governance.execute(readDataset(node.role));
  for await (const line of node.log.lines(0, node.log.size)) expect(parseLine(line)).toBeDefined();
});
