import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../crypto';
import { approved, exported, governanceKey, started } from './testing/owner';
import { call, TestDevice } from './testkit';
import type { SovereignNode } from './types';

describe('personal fields', () => {
  const NOTE = 'Bob asked me on the phone';
  const noted = async (device = new TestDevice()): Promise<SovereignNode> => {
    const node = await started(device);
    await approved(node, () => call(node, 'RotateKey', { purpose: 'log' }), NOTE);
    return node;
  };

  test('a note on an approval: a hash in the log, shown only where the owner chooses', async () => {
    const node = await noted();
    const pin = await governanceKey(node);
    const [field] = await call(node, 'ListPersonal');
    expect(field).toMatchObject({
      type: 'APPROVAL_DECIDED',
      pointer: '/data/note',
      value: NOTE,
    });
    const { entries } = await call(node, 'ListEntries', { limit: 200 });
    expect(entries.some(({ line }) => line.includes('Bob'))).toBe(false);
    expect((await exported(node, pin)).facts.disclosed).toEqual([]);
    const shown = await exported(node, pin, [field!.sha256]);
    expect(shown.problems).toEqual([]);
    expect(shown.facts.disclosed).toMatchObject([{ seq: field!.seq, value: NOTE }]);
    await node.stop();
  });

  test('erased: gone from the store, every verdict as it was, and never to be shown again', async () => {
    const device = new TestDevice();
    const node = await noted(device);
    const pin = await governanceKey(node);
    const before = await exported(node, pin);
    const [field] = await call(node, 'ListPersonal');
    expect([...device.disk.records.values()].some((text) => text.includes('Bob'))).toBe(true);
    const erased = await approved(node, () => call(node, 'ErasePersonal', { hashes: [field!.sha256] }));
    expect(erased).toEqual({ erased: 1 });
    expect([...device.disk.records.values()].some((text) => text.includes('Bob'))).toBe(false);
    expect(fromUtf8(device.disk.readLog())).toContain(`"OPENING_ERASED"`);
    const after = await exported(node, pin);
    expect(after.verdicts).toEqual(before.verdicts);
    expect(await call(node, 'ListPersonal')).toEqual([]);
    await expect(call(node, 'ExportBundle', { disclose: [field!.sha256] })).rejects.toMatchObject({
      code: 'not_found',
    });
    await node.stop();
  });

  test('a note on a request that is not there leaves no trace', async () => {
    const device = new TestDevice();
    const node = await started(device);
    const unknown = { id: 'a'.repeat(32), verdict: 'yes', note: 'Bob' } as const;
    await expect(call(node, 'DecideApproval', unknown)).rejects.toMatchObject({ code: 'approval_unknown' });
    expect([...device.disk.records.keys()].filter((key) => key.startsWith('opening/'))).toEqual([]);
    await node.stop();
  });
});
