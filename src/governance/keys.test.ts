import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import type { NewEntry } from '../audit';
import { hex, signerFromSeed, type Signer } from '../crypto';
import { commitmentTo, signBody, type Purpose } from '../keys';
import { KeyGuard } from './guard';
import { code, openTestNode, promote, readDataset, RUNNER, seed, type TestNode } from './testkit';

const signer = (byte: number): Promise<Signer> => signerFromSeed(seed(byte));
/** The node's seeds are 1 to 4 and 'next' is ten more; its first entry commits to nothing, so that the owner signs too. */
const SEEDS = { governance: 1, owner: 2, node: 3, log: 4 } as const;

async function rotated(node: TestNode, purpose: Purpose, byPrevious = true): Promise<NewEntry> {
  const [old, next, after] = await Promise.all([0, 10, 20].map((more) => signer(SEEDS[purpose] + more)));
  const rotation = {
    v: 1,
    type: 'KEY_ROTATED',
    origin: node.log.origin,
    purpose,
    index: 1,
    previous: hex(old!.publicKey),
    key: hex(next!.publicKey),
    next: { [purpose]: commitmentTo(after!.publicKey) },
  };
  return {
    type: 'KEY_ROTATED',
    data: {
      rotation,
      key_signature: await signBody(next!, rotation),
      previous_signature: byPrevious ? await signBody(old!, rotation) : null,
      owner_signature: purpose === 'owner' ? null : await signBody(node.keys.owner, rotation),
    },
  };
}

async function revoked(node: TestNode, purpose: Purpose): Promise<NewEntry> {
  const key = hex((await signer(SEEDS[purpose])).publicKey);
  const { origin, size } = node.log;
  const revocation = { v: 1, type: 'KEY_REVOKED', origin, purpose, key, from_seq: size, reason: 'compromised' };
  const { owner } = node.keys;
  const signature = await signBody(owner, revocation);
  return { type: 'KEY_REVOKED', data: { revocation, signer: hex(owner.publicKey), signature } };
}

/** The same disk after these entries, opened with the keys that they leave in force. */
async function reopened(node: TestNode, entries: NewEntry[], changed: Purpose[]): Promise<TestNode> {
  const disk = node.disk.copy();
  const { log } = await disk.open(node.clock);
  await log.appendAll(entries);
  const now = (purpose: 'governance' | 'owner') => signer(SEEDS[purpose] + (changed.includes(purpose) ? 10 : 0));
  const keys = { governance: await now('governance'), owner: await now('owner') };
  return openTestNode({ cedar, disk: disk.copy(), testClock: node.clock, ...keys });
}

describe('keys in force', () => {
  test('after a rotation the node signs with the new key, and what the old one signed still stands', async () => {
    const node = await openTestNode({ cedar });
    const later = await reopened(node, [await rotated(node, 'governance')], ['governance']);
    const { order } = await later.governance.execute(readDataset(later.role));
    const withOldRole = await later.governance.execute(readDataset(node.role));
    expect(withOldRole.order.role_signature).not.toBe(order.role_signature);
  });

  test('a node that holds other keys than the log has in force halts', async () => {
    const node = await openTestNode({ cedar });
    const entry = await rotated(node, 'governance');
    expect(await code(reopened(node, [entry], []))).toBe('config_broken');
    expect(await code(reopened(node, [], ['owner']))).toBe('config_broken');
  });

  test('attack: a change that its keys did not sign halts', async () => {
    const node = await openTestNode({ cedar });
    const entry = await rotated(node, 'governance');
    const data = { ...entry.data, previous_signature: entry.data['key_signature']! };
    expect(await code(reopened(node, [{ ...entry, data }], ['governance']))).toBe('config_broken');
  });

  test('attack: a role that a revoked key granted is refused', async () => {
    const node = await openTestNode({ cedar });
    const change = [await revoked(node, 'governance'), await rotated(node, 'governance', false)];
    const later = await reopened(node, change, ['governance']);
    expect(await code(later.governance.execute(readDataset(node.role)))).toBe('role_invalid');
    expect(await code(later.governance.execute(readDataset(later.role)))).toBe('done');
  });

  test('attack: an order that the old key signed passes no door', async () => {
    const node = await openTestNode({ cedar });
    const { order } = await node.governance.execute(readDataset(node.role));
    const later = await reopened(node, [await rotated(node, 'governance')], ['governance']);
    const args = { file: 'iris.csv', sha256: readDataset(node.role).args['sha256'] };
    const refusal = later.gate.check(order, { audience: 'datasets', action: 'read_dataset', args });
    expect(await code(refusal)).toBe('order_bad_signature');
  });

  test('an approval that no order has used lapses with the owner key that gave it', async () => {
    const node = await openTestNode({ cedar });
    const id = await new Promise<string>((resolve) => {
      node.governance.execute(promote(node.role), { onPending: resolve }).catch(() => undefined);
    });
    node.governance.close(new Error('the machine stops'));
    await node.governance.decide(id, 'yes');
    const same = await reopened(node, [], []);
    expect(same.governance.pendingApprovals()).toEqual([]);
    const later = await reopened(node, [await rotated(node, 'owner')], ['owner']);
    expect(later.governance.pendingApprovals().map((p) => p.id)).toEqual([id]);
  });
});

describe('while a key changes', () => {
  const changing = (): Promise<string> => new Promise(() => undefined);

  test('nothing else is signed, and afterwards neither, until the node has started anew', async () => {
    const guard = new KeyGuard();
    guard.enter();
    await guard.change(() => Promise.resolve());
    expect(() => guard.enter()).toThrow(expect.objectContaining({ code: 'keys_changing' }) as Error);
    expect(await code(guard.during(() => Promise.resolve('signed')))).toBe('keys_changing');
    expect(await code(guard.change(() => Promise.resolve()))).toBe('keys_changing');
  });

  test('a change that fails has changed nothing, and signing goes on', async () => {
    const guard = new KeyGuard();
    guard.enter();
    await expect(guard.change(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('disk');
    expect(await code(guard.during(() => Promise.resolve()))).toBe('done');
  });

  test('it waits for nobody: while something else is under way it is refused', async () => {
    const guard = new KeyGuard();
    void guard.during(changing);
    guard.enter();
    expect(await code(guard.change(() => Promise.resolve()))).toBe('keys_in_use');
  });

  test('the kernel, grants of roles and approvals keep to it', async () => {
    let guard: KeyGuard | undefined;
    const node = await openTestNode({ cedar, executors: (_gate, given) => ((guard = given), []) });
    await guard!.change(() => Promise.resolve());
    const entries = node.disk.entries().length;
    expect(await code(node.governance.execute(readDataset(node.role)))).toBe('keys_changing');
    expect(await code(node.governance.issueRole({ role: 'auditor', principal: RUNNER, context: {} }))).toBe(
      'keys_changing',
    );
    expect(await code(node.governance.submitApproval({}))).toBe('keys_changing');
    expect(
      node.disk
        .entries()
        .slice(entries)
        .map((e) => e.type),
    ).toEqual(['EXECUTION_BLOCKED']);
  });
});
