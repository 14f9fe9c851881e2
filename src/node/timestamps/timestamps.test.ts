import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../crypto';
import { makeTsa, type TestTsa } from '../../crypto/testkit';
import { LIMITS } from '../../protocol/limits';
import { createMemoryStorage } from '../../storage';
import { bytesSource, verifyBundle, zipReader } from '../../verify';
import { call, testNode, TestDevice } from '../testkit';
import type { SovereignNode } from '../types';
import { keepStamped, readStamped } from './book';

let tsa: TestTsa;
beforeAll(() => void (tsa = makeTsa('P-256')));
afterAll(() => tsa.remove());

async function started(device = new TestDevice()): Promise<SovereignNode> {
  const node = testNode(device);
  await node.start();
  return node;
}
async function put(node: SovereignNode, bytes: Uint8Array): Promise<string> {
  return ((await node.putBlob(bytes)) as { Ok: string }).Ok;
}
async function exported(node: SovereignNode) {
  const { sha256 } = await call(node, 'ExportBundle', { disclose: [] });
  const { Ok: zip } = (await node.getBlob(sha256)) as { Ok: Uint8Array<ArrayBuffer> };
  return zipReader(bytesSource(zip));
}

describe('a timestamp token', () => {
  test('of what was prepared goes into the next bundle and holds there, also after a restart of the node', async () => {
    const device = new TestDevice();
    const node = await started(device);
    const { size, text } = await call(node, 'PrepareTimestamp');
    expect(text.split('\n')[1]).toBe(String(size));
    // The log goes on while the owner has it stamped.
    await exported(node);
    const attached = await call(node, 'AttachTimestamp', { token: await put(node, tsa.stamp(utf8(text))) });
    expect(attached.size).toBe(size);
    for (const one of [() => Promise.resolve(node), () => started(device)]) {
      const bundle = await exported(await one());
      expect(bundle.files.filter((path) => path.startsWith('time/'))).toEqual([`time/${size}.tsr`]);
      const report = await verifyBundle(bundle, { tsa: utf8(tsa.pem) });
      expect(report.problems).toEqual([]);
      expect(report.reasons.time).toContain(`Only the first ${size} entries have a bound`);
    }
  });

  test('of the last checkpoint is taken too', async () => {
    const node = await started();
    const { size, note } = await call(node, 'MakeCheckpoint');
    const token = tsa.stamp(utf8(`${note.split('\n\n')[0]!}\n`), { token: true });
    expect(await call(node, 'AttachTimestamp', { token: await put(node, token) })).toMatchObject({ size });
  });

  test('two that come at once are both kept, also beside what is prepared meanwhile', async () => {
    const device = new TestDevice();
    const node = await started(device);
    const texts = [];
    for (let n = 0; n < 2; n++) {
      texts.push((await call(node, 'PrepareTimestamp')).text);
      await exported(node);
    }
    // Of a checkpoint that was not prepared, but is while its token comes.
    texts.push(`${(await call(node, 'MakeCheckpoint')).note.split('\n\n')[0]!}\n`);
    const tokens = await Promise.all(texts.map((text) => put(node, tsa.stamp(utf8(text)))));
    const [sizes] = await Promise.all([
      Promise.all(tokens.map(async (token) => (await call(node, 'AttachTimestamp', { token })).size)),
      call(node, 'PrepareTimestamp'),
    ]);
    const kept = await readStamped(createMemoryStorage({ disk: device.disk }).records);
    expect(kept.filter(({ token }) => token !== null).map(({ size }) => size)).toEqual(sizes);
  });

  test('of anything else is refused, and nothing is kept of it', async () => {
    const node = await started();
    const { text } = await call(node, 'PrepareTimestamp');
    for (const bytes of [utf8('noise'), tsa.stamp(utf8(`${text} `)), tsa.stamp(utf8(text)).slice(0, -1)]) {
      const refused = call(node, 'AttachTimestamp', { token: await put(node, bytes) });
      await expect(refused).rejects.toMatchObject({ code: 'bad_timestamp' });
    }
    const missing = call(node, 'AttachTimestamp', { token: '0'.repeat(64) });
    await expect(missing).rejects.toMatchObject({ code: 'not_found' });
    expect((await exported(node)).files.filter((path) => path.startsWith('time/'))).toEqual([]);
  });
});

test('what is kept is bounded: what was never stamped goes first', async () => {
  const { records } = createMemoryStorage();
  await keepStamped(records, { size: 1, note: 'a', token: 'AA==' });
  for (let size = 2; size < 2 + LIMITS.timestamps; size++) await keepStamped(records, { size, note: 'b', token: null });
  const kept = await readStamped(records);
  expect(kept.map(({ size }) => size)).toEqual([1, ...Array.from({ length: LIMITS.timestamps - 1 }, (_, i) => i + 3)]);
  expect(kept[0]!.token).toBe('AA==');
});
