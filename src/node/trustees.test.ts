import { describe, expect, test } from 'vitest';
import { hex, signerFromSeed } from '../crypto';
import { signBody } from '../keys';
import { approved, current, exported, governanceKey, started } from './testing/owner';
import { call } from './testkit';
import type { SovereignNode } from './types';

describe('trustees', () => {
  const trustee = (n: number) => signerFromSeed(new Uint8Array(32).fill(60 + n));
  const appointed = async (): Promise<SovereignNode> => {
    const node = await started();
    const trustees: { key: string; name: string }[] = [];
    for (const n of [0, 1, 2])
      trustees.push({ key: hex((await trustee(n)).publicKey), name: n === 2 ? '' : `Trustee ${n}` });
    await approved(node, () => call(node, 'SetTrustees', { needed: 2, trustees }));
    return node;
  };
  const signed = async (text: string, by: number[]) => {
    const signatures = [];
    for (const n of by) {
      const signer = await trustee(n);
      signatures.push({ key: hex(signer.publicKey), signature: await signBody(signer, JSON.parse(text) as object) });
    }
    return signatures;
  };

  test('appointed by name: the owner sees the names, the log their hashes', async () => {
    const node = await appointed();
    const { trustees } = await call(node, 'ListKeys');
    expect(trustees).toMatchObject({
      needed: 2,
      trustees: [{ name: 'Trustee 0' }, { name: 'Trustee 1' }, { name: null }],
    });
    const { entries } = await call(node, 'ListEntries', { limit: 100 });
    expect(entries.some(({ line }) => line.includes('Trustee 0'))).toBe(false);
    await node.stop();
  });

  test('enough of them appoint a new owner key, with which the node goes on', async () => {
    const node = await appointed();
    const { owner } = (await call(node, 'GetIdentity')).publicKeys;
    const { text } = await call(node, 'GetRecoveryText');
    const view = await call(node, 'RecoverOwner', { signatures: await signed(text, [0, 2]) });
    expect(current(view, 'owner')).toBe((await call(node, 'GetIdentity')).publicKeys.owner);
    expect(view.keys.find((span) => span.key === owner)?.revoked).not.toBeNull();
    const { phase } = await call(node, 'GetStatus');
    expect(phase).toBe('ready');
    await approved(node, () => call(node, 'RotateKey', { purpose: 'governance' }));
    expect((await exported(node, await governanceKey(node))).problems).toEqual([]);
    await node.stop();
  });

  test.each([
    ['one too few', [0]],
    ['one of them twice', [1, 1]],
    ['a stranger among them', [0, 1, 7]],
  ])('attack: %s', async (_, by) => {
    const node = await appointed();
    const { text } = await call(node, 'GetRecoveryText');
    const signatures = await signed(text, by);
    await expect(call(node, 'RecoverOwner', { signatures })).rejects.toMatchObject({ code: 'recovery_invalid' });
    const { entries } = await call(node, 'ListEntries', { limit: 10, filter: { type: 'RECOVERY' } });
    expect(entries).toEqual([]);
    await node.stop();
  });

  test('another node signs as a trustee, and signs nothing else', async () => {
    const node = await started();
    const friend = await started();
    const key = (await call(friend, 'GetIdentity')).publicKeys.owner;
    await approved(node, () => call(node, 'SetTrustees', { needed: 1, trustees: [{ key, name: 'Friend' }] }));
    const { text } = await call(node, 'GetRecoveryText');
    await expect(call(friend, 'SignAsTrustee', { text: '{"v":1}' })).rejects.toMatchObject({ code: 'bad_request' });
    const signature = await call(friend, 'SignAsTrustee', { text });
    await call(node, 'RecoverOwner', { signatures: [signature] });
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
    await Promise.all([node.stop(), friend.stop()]);
  });
});
