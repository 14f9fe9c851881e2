import { describe, expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { StorageError, createMemoryStorage } from '../storage';
import { call, manualSchedule, testNode, TestDevice } from './testkit';

const started = async (device = new TestDevice(), options = {}) => {
  const node = testNode(device, options);
  await node.start();
  return { node, device };
};
const lines = (device: TestDevice) => new TextDecoder().decode(device.disk.readLog()).trimEnd().split('\n');

describe('a node’s life', () => {
  test('the first start makes an identity and a log, and is ready without a question', async () => {
    const { node } = await started();
    const status = await call(node, 'GetStatus');
    expect(status).toMatchObject({ phase: 'ready', system_health: 'OK', realm: 'node', mesh_connections: 0 });
    expect(status.node_id).toMatch(/^[0-9a-f]{64}$/);
    expect(status.log!.size).toBeGreaterThan(1);
    expect(status.subsystems.map((s) => s.state)).not.toContain('down');
    expect(await node.request('Ping')).toBe('Pong');
    const { entries } = await call(node, 'ListEntries', { limit: 500 });
    expect(entries.at(-1).entry.type).toBe('GENESIS');
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true, problem: null });
  });

  test('killed and started again it is the same node, and nothing acknowledged is lost', async () => {
    const { node, device } = await started();
    const before = await call(node, 'GetStatus');
    // No stop: the process is simply gone.
    const { node: again } = await started(device);
    const after = await call(again, 'GetStatus');
    expect(after.node_id).toBe(before.node_id);
    expect(after.log!.size).toBe(before.log!.size + 1);
    await expect(
      call(node, 'SignPolicies', { cedar: '@id("x") permit (principal, action, resource);' }),
    ).rejects.toThrow();
  });

  test('what is not built yet answers with a typed error', async () => {
    const { node } = await started();
    await expect(call(node, 'MeshPeers')).rejects.toMatchObject({ code: 'not_built' });
    await expect(call(node, 'QueryCore', { query: '?[a] := *b{a}', params: {} })).rejects.toMatchObject({
      code: 'not_built',
    });
    await expect(
      call(node, 'VerifyLicense', { tx_id: '00', developer_addr: 'bc1q', required_sats: 1 }),
    ).rejects.toMatchObject({ code: 'not_built' });
  });

  test('two nodes on one store: the later one writes, the earlier one says reload needed', async () => {
    const device = new TestDevice();
    const { node: old } = await started(device);
    const { node: young } = await started(device);
    await expect(call(old, 'MakeCheckpoint')).rejects.toThrow();
    await expect(old.putBlob(utf8('x'))).resolves.toHaveProperty('Error');
    expect((await call(old, 'GetStatus')).phase).toBe('reload_needed');
    await expect(call(old, 'ListSkills')).rejects.toMatchObject({ code: 'reload_needed' });
    expect((await call(young, 'GetStatus')).phase).toBe('ready');
  });
});

describe('halts, never half a node', () => {
  const haltOf = async (device: TestDevice) => {
    const { node } = await started(device);
    const status = await call(node, 'GetStatus');
    expect(status.phase).toBe('halted');
    await expect(call(node, 'ListSkills')).rejects.toMatchObject({ code: 'halted' });
    return { node, halt: status.halt! };
  };

  test('edit an entry and rehash nothing: log_broken', async () => {
    const { device } = await started();
    const log = device.disk.readLog();
    log[log.indexOf('"'.charCodeAt(0), 400) + 1]! ^= 1;
    device.disk.replaceLog(log);
    const { halt, node } = await haltOf(device);
    expect(halt).toMatchObject({ code: 'log_broken', ways: expect.arrayContaining(['export_raw', 'erase']) });
    expect((await call(node, 'ExportRaw')).jsonl.length).toBeGreaterThan(100);
  });

  test('cut the tail: log_rolled_back', async () => {
    const { node, device } = await started();
    await call(node, 'MakeCheckpoint');
    const log = device.disk.readLog();
    device.disk.replaceLog(log.slice(0, log.lastIndexOf(10, log.length - 2) + 1));
    expect((await haltOf(device)).halt.code).toBe('log_rolled_back');
  });

  test('delete the log: log_rolled_back, because its checkpoint is still there', async () => {
    const { node, device } = await started();
    await call(node, 'MakeCheckpoint');
    device.disk.cutLog(0);
    expect((await haltOf(device)).halt.code).toBe('log_rolled_back');
  });

  test('the identity’s record is gone but its log is here: identity_missing, and the phrase brings it back', async () => {
    const { node, device } = await started();
    const { words } = await call(node, 'GetRecoveryPhrase');
    const id = (await call(node, 'GetStatus')).node_id;
    for (const key of device.disk.records.keys()) if (key.startsWith('identity')) device.disk.records.delete(key);
    const { halt, node: halted } = await haltOf(device);
    expect(halt.code).toBe('identity_missing');
    await call(halted, 'RestorePhrase', { words });
    const status = await call(halted, 'GetStatus');
    expect(status).toMatchObject({ phase: 'ready', node_id: id });
    expect(lines(device).some((line) => line.includes('IDENTITY_RESTORED'))).toBe(true);
  });

  test('a copied disk: clone_suspected, re-bound by the recovery phrase, which is logged', async () => {
    const { node, device } = await started();
    const { words } = await call(node, 'GetRecoveryPhrase');
    device.traits = { hostname: 'thief', cores: 64 };
    const { halt, node: halted } = await haltOf(device);
    expect(halt).toMatchObject({ code: 'clone_suspected', ways: expect.arrayContaining(['rebind_with_phrase']) });
    await expect(call(halted, 'RebindDevice', { words: words.toReversed() })).rejects.toMatchObject({
      code: 'bad_phrase',
    });
    await call(halted, 'RebindDevice', { words });
    expect((await call(halted, 'GetStatus')).phase).toBe('ready');
    expect(lines(device).some((line) => line.includes('DEVICE_REBOUND'))).toBe(true);
  });

  test('a store that cannot be opened halts, and retry opens it once it can', async () => {
    const device = new TestDevice();
    let open = false;
    const { node } = await started(device, {
      openStorage: () =>
        open
          ? Promise.resolve(createMemoryStorage({ disk: device.disk }))
          : Promise.reject(new StorageError('unavailable', 'The browser refuses storage.')),
    });
    expect((await call(node, 'GetStatus')).halt).toMatchObject({ code: 'storage_unavailable' });
    open = true;
    await call(node, 'Retry');
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
  });
});

describe('identity', () => {
  test('sealed with a passphrase it starts locked, and only the right one opens it', async () => {
    const { node, device } = await started();
    const id = (await call(node, 'GetStatus')).node_id;
    await call(node, 'Seal', { passphrase: 'correct horse battery staple' });
    const { node: again } = await started(device);
    expect((await call(again, 'GetStatus')).phase).toBe('locked');
    await expect(call(again, 'ListSkills')).rejects.toMatchObject({ code: 'locked' });
    await expect(call(again, 'Unlock', { passphrase: 'correct horse battery stapler' })).rejects.toMatchObject({
      code: 'wrong_passphrase',
    });
    expect((await call(again, 'GetStatus')).phase).toBe('locked');
    await call(again, 'Unlock', { passphrase: 'correct horse battery staple' });
    expect(await call(again, 'GetStatus')).toMatchObject({ phase: 'ready', node_id: id });
  });

  test('restored on a clean profile: from the phrase, and from a backup file', async () => {
    const { node } = await started();
    const id = (await call(node, 'GetStatus')).node_id;
    const { words } = await call(node, 'GetRecoveryPhrase');
    const { file } = await call(node, 'ExportBackup', { passphrase: 'a long enough passphrase' });
    const { node: second } = await started();
    expect((await call(second, 'GetStatus')).node_id).not.toBe(id);
    await call(second, 'RestorePhrase', { words });
    expect(await call(second, 'GetStatus')).toMatchObject({ phase: 'ready', node_id: id });
    const { node: third } = await started();
    await expect(call(third, 'RestoreBackup', { file, passphrase: 'another long passphrase' })).rejects.toMatchObject({
      code: 'wrong_passphrase',
    });
    await call(third, 'RestoreBackup', { file, passphrase: 'a long enough passphrase' });
    expect((await call(third, 'GetStatus')).node_id).toBe(id);
  });

  test('a wrong phrase costs nothing, and a node that has done something is not replaced', async () => {
    const { node } = await started();
    const id = (await call(node, 'GetStatus')).node_id;
    await expect(call(node, 'RestorePhrase', { words: ['not', 'a', 'phrase'] })).rejects.toMatchObject({
      code: 'bad_phrase',
    });
    expect((await call(node, 'GetStatus')).node_id).toBe(id);
    const { node: other } = await started();
    const { words } = await call(other, 'GetRecoveryPhrase');
    const { current } = await call(node, 'GetPolicies');
    await call(node, 'SignPolicies', { cedar: `${current.cedar}\n// mine` });
    await expect(call(node, 'RestorePhrase', { words })).rejects.toMatchObject({ code: 'identity_exists' });
    expect((await call(node, 'GetStatus')).node_id).toBe(id);
  });

  test('erase starts over as another node', async () => {
    const { node } = await started();
    const id = (await call(node, 'GetStatus')).node_id;
    await expect(call(node, 'Erase', { confirm: 'yes' })).rejects.toMatchObject({ code: 'bad_request' });
    await call(node, 'Erase', { confirm: 'erase' });
    const status = await call(node, 'GetStatus');
    expect(status.phase).toBe('ready');
    expect(status.node_id).not.toBe(id);
  });
});

describe('supervision and storage', () => {
  test('a full disk refuses with what to do, and the node goes on when there is room', async () => {
    const { node, device } = await started();
    const size = (await call(node, 'GetStatus')).log!.size;
    device.disk.quotaBytes = device.disk.used + 64;
    const { current } = await call(node, 'GetPolicies');
    await expect(call(node, 'SignPolicies', { cedar: `${current.cedar}\n// x` })).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    device.disk.quotaBytes = Number.POSITIVE_INFINITY;
    await call(node, 'SignPolicies', { cedar: `${current.cedar}\n// x` });
    expect((await call(node, 'GetStatus')).log!.size).toBeGreaterThan(size);
    const { node: again } = await started(device);
    expect((await call(again, 'GetStatus')).phase).toBe('ready');
  });

  test('settings are kept, and bounded', async () => {
    const { node, device } = await started();
    expect(await call(node, 'GetSetting', { key: 'theme' })).toBeNull();
    await call(node, 'SetSetting', { key: 'theme', value: 'ink' });
    const { node: again } = await started(device);
    expect(await call(again, 'GetSetting', { key: 'theme' })).toBe('ink');
  });

  test('the platform is asked to keep the store, and its answer is told', async () => {
    const { node } = await started(new TestDevice(), { persist: () => Promise.resolve(false) });
    expect(await call(node, 'PersistStorage')).toBe(false);
    const { node: terminal } = await started();
    expect(await call(terminal, 'PersistStorage')).toBe(true);
    expect((await call(terminal, 'GetStatus')).storage.persisted).toBe(true);
  });

  test('timers are handed in', async () => {
    const { schedule, fire } = manualSchedule();
    const { node } = await started(new TestDevice(), { schedule });
    fire();
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
  });
});
