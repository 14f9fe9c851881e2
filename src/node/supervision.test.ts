import { beforeEach, describe, expect, test, vi } from 'vitest';
import { utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { NodeEvent, NodeStatus, SubsystemName } from '../protocol/messages';
import { systemRandom } from '../protocol/runtime';
import { StorageError, createMemoryStorage, type Storage } from '../storage';
import { call, manualSchedule, testNode, TestDevice } from './testkit';
import type { NodeOptions, SovereignNode } from './types';

// What fails is reported there, with its stack.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));

/** A node whose parts break when the test says so, and whose timers are the test's. */
async function started(options: Partial<NodeOptions> = {}) {
  const device = new TestDevice();
  const timers = manualSchedule();
  /** Thrown by the next use of that part. */
  const faults: { append?: Error; read?: Error; random?: Error } = {};
  const once = (part: keyof typeof faults) => {
    const fault = faults[part];
    delete faults[part];
    if (fault !== undefined) throw fault;
  };
  const node = testNode(device, {
    schedule: timers.schedule,
    random: {
      bytes: (length) => {
        once('random');
        return systemRandom.bytes(length);
      },
    },
    openStorage: async () => {
      const storage = createMemoryStorage({ disk: device.disk });
      return { ...storage, log: breakable(storage, once), close: () => storage.close() };
    },
    ...options,
  });
  await node.start();
  /** Fires the restart that waits for `ms`, and waits until everything is up again. */
  const restarted = async (ms: number = LIMITS.restartFirstMs) => {
    timers.fire(ms);
    await healthy(node);
  };
  return { node, device, faults, timers, restarted };
}

const breakable = ({ log }: Storage, once: (part: 'append' | 'read') => void): Storage['log'] => ({
  append: async (offset, bytes) => {
    once('append');
    await log.append(offset, bytes);
  },
  async *read(from, to) {
    once('read');
    yield* log.read(from, to);
  },
  length: () => log.length(),
  truncate: (offset) => log.truncate(offset),
});

const health = async (node: SovereignNode, name: SubsystemName) =>
  (await call(node, 'GetStatus')).subsystems.find((s) => s.name === name)!;

/** Resolves once `seen` is true; looked at now and after every event of the node. */
function until(node: SovereignNode, seen: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve) => {
    const look = () =>
      void seen().then((yes) => {
        if (!yes) return;
        stop();
        resolve();
      });
    const stop = node.subscribe(look);
    look();
  });
}
const phase = (node: SovereignNode, wanted: NodeStatus['phase']) =>
  until(node, async () => (await call(node, 'GetStatus')).phase === wanted);
const healthy = (node: SovereignNode) =>
  until(node, async () => (await call(node, 'GetStatus')).subsystems.every((s) => s.state === 'up'));

const notes = async (node: SovereignNode) => {
  const { entries } = await call(node, 'ListEntries', { limit: 50, filter: { type: 'SUBSYSTEM_RESTARTED' } });
  return entries.map(({ entry }) => entry.data).reverse();
};
/** The notes, once there are so many. */
const noted = async (node: SovereignNode, count: number) => {
  await until(node, async () => (await notes(node)).length >= count);
  return notes(node);
};
const signPolicies = async (node: SovereignNode) => {
  const { current } = await call(node, 'GetPolicies');
  return call(node, 'SignPolicies', { cedar: `${current.cedar}\n// again` });
};

describe('each subsystem is supervised', () => {
  test('one that throws restarts after its wait, the others go on answering, and the log says so', async () => {
    const { node, faults, timers, restarted } = await started();
    const { size } = (await call(node, 'GetStatus')).log!;
    faults.random = new TypeError('x is not a function');
    await expect(signPolicies(node)).rejects.toMatchObject({ code: 'internal' });
    const status = await call(node, 'GetStatus');
    expect(status).toMatchObject({ phase: 'ready', system_health: 'DEGRADED', pending_approvals: 0 });
    expect(status.log!.size).toBeGreaterThanOrEqual(size);
    expect(await health(node, 'kernel')).toMatchObject({ state: 'restarting', message: 'x is not a function' });
    expect((await health(node, 'pipeline')).state).toBe('restarting');
    await expect(call(node, 'GetPolicies')).rejects.toMatchObject({ code: 'subsystem_down' });
    await expect(call(node, 'ListRuns')).rejects.toMatchObject({ code: 'subsystem_down' });
    expect(await call(node, 'ListSkills')).not.toEqual([]);
    expect((await call(node, 'ListEntries', { limit: 1 })).entries).toHaveLength(1);
    await call(node, 'SetSetting', { key: 'theme', value: 'ink' });
    expect(await node.putBlob(utf8('x'))).toHaveProperty('Ok');
    expect(await notes(node)).toEqual([]);

    expect(timers.waits()).toContain(LIMITS.restartFirstMs);
    await restarted();
    expect((await call(node, 'GetStatus')).system_health).toBe('OK');
    expect((await health(node, 'kernel')).restarts).toBe(1);
    expect((await signPolicies(node)).seq).toBeGreaterThan(size);
    expect(await call(node, 'ListRuns')).toEqual([]);
    expect(await noted(node, 2)).toEqual([
      { name: 'kernel', restarts: 1, message: 'x is not a function' },
      { name: 'pipeline', restarts: 1, message: 'x is not a function' },
    ]);
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
  });

  test('a skill runner that throws takes nobody with it', async () => {
    const { node, restarted } = await started();
    const { Ok: input_sha256 } = (await node.putBlob(utf8('a,b\n'))) as { Ok: string };
    await expect(call(node, 'RunSkill', { skill: 'hash-file', input_sha256 })).rejects.toMatchObject({
      code: 'internal',
    });
    expect((await health(node, 'skills')).message).toBe('this test runs no skill');
    for (const name of ['log', 'kernel', 'pipeline'] as const) expect((await health(node, name)).state).toBe('up');
    await restarted();
    expect(await noted(node, 1)).toEqual([{ name: 'skills', restarts: 1, message: 'this test runs no skill' }]);
  });

  test('a restart of the log restarts kernel and pipelines, re-attaches events and keeps its own note', async () => {
    const { node, faults, restarted } = await started();
    faults.read = new StorageError('corrupt', 'a piece of the log is missing');
    await expect(call(node, 'GetEntry', { seq: 0 })).rejects.toMatchObject({ code: 'corrupt' });
    const down = await call(node, 'GetStatus');
    expect(down.log).toBeNull();
    expect(down.subsystems.filter((s) => s.state !== 'up').map((s) => s.name)).toEqual([
      'log',
      'witness',
      'kernel',
      'pipeline',
    ]);
    await expect(call(node, 'ListEntries', { limit: 1 })).rejects.toMatchObject({ code: 'subsystem_down' });
    await restarted();
    expect((await noted(node, 4)).map(({ name }) => name)).toEqual(['log', 'witness', 'kernel', 'pipeline']);
    const events: NodeEvent['type'][] = [];
    node.subscribe(({ type }) => events.push(type));
    await signPolicies(node);
    expect(events).toContain('log');
    expect(events).toContain('policies');
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
  });

  test('a store that went away is opened again, and all that stands on it', async () => {
    const { node, faults, restarted } = await started();
    faults.append = new StorageError('unavailable', 'the database failed');
    await expect(signPolicies(node)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(call(node, 'GetSetting', { key: 'theme' })).rejects.toMatchObject({ code: 'subsystem_down' });
    expect((await call(node, 'GetIdentity')).words).toBeTruthy();
    await restarted();
    expect((await noted(node, 5)).map(({ name }) => name)).toEqual(['storage', 'log', 'witness', 'kernel', 'pipeline']);
    expect((await call(node, 'GetRecoveryPhrase')).words).toHaveLength(24);
    await signPolicies(node);
  });

  test('repeated failures grow the wait', async () => {
    const { node, faults, timers, restarted } = await started();
    for (const wait of [LIMITS.restartFirstMs, 2 * LIMITS.restartFirstMs, 4 * LIMITS.restartFirstMs]) {
      faults.random = new TypeError(`after ${wait} ms`);
      await expect(signPolicies(node)).rejects.toThrow();
      expect(timers.waits()).toContain(wait);
      await restarted(wait);
    }
    expect(await health(node, 'kernel')).toMatchObject({ state: 'up', restarts: 3 });
    const kernel = (await noted(node, 6)).filter(({ name }) => name === 'kernel');
    expect(kernel.map(({ restarts }) => restarts)).toEqual([1, 2, 3]);
  });

  test('a policy engine that cannot be fetched does not keep the log from being read', async () => {
    const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
    let online = false;
    const { node, restarted } = await started({
      loadCedar: () => (online ? Promise.resolve(cedar) : Promise.reject(new TypeError('Failed to fetch'))),
    });
    expect(await call(node, 'GetStatus')).toMatchObject({ phase: 'ready', system_health: 'DEGRADED' });
    expect((await call(node, 'GetEntry', { seq: 0 })).entry.type).toBe('GENESIS');
    online = true;
    await restarted();
    expect((await call(node, 'GetPolicies')).history).toHaveLength(1);
  });
});

describe('what no restart mends', () => {
  test('a log that was changed under a running node halts it, and can still be taken out', async () => {
    const { node, device, faults, timers } = await started();
    await call(node, 'MakeCheckpoint');
    const log = device.disk.readLog();
    log[log.indexOf('"'.charCodeAt(0), 400) + 1]! ^= 1;
    device.disk.replaceLog(log);
    faults.read = new StorageError('corrupt', 'not what was written');
    await expect(call(node, 'GetEntry', { seq: 0 })).rejects.toThrow();
    timers.fire(LIMITS.restartFirstMs);
    await phase(node, 'halted');
    expect((await call(node, 'GetStatus')).halt!.code).toBe('log_broken');
    expect((await call(node, 'ExportRaw')).jsonl.length).toBeGreaterThan(100);
  });

  test('an identity that failed while sealed is locked again, and its owner opens it', async () => {
    const { node, faults, timers } = await started();
    const passphrase = 'correct horse battery staple';
    await call(node, 'Seal', { passphrase });
    faults.random = new TypeError('no entropy');
    await expect(call(node, 'Seal', { passphrase })).rejects.toMatchObject({ code: 'internal' });
    expect((await health(node, 'identity')).message).toBe('no entropy');
    timers.fire(LIMITS.restartFirstMs);
    await phase(node, 'locked');
    await call(node, 'Unlock', { passphrase });
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
  });

  test.each(['SetSetting', 'SignPolicies', 'MakeCheckpoint'] as const)(
    'another writer: the first %s that meets him says reload needed',
    async (name) => {
      const { node, device } = await started();
      const { current } = await call(node, 'GetPolicies');
      await call(node, 'SignPolicies', { cedar: `${current.cedar}\n// unsigned by a checkpoint` });
      await createMemoryStorage({ disk: device.disk }).claimWriter();
      const asked =
        name === 'SetSetting'
          ? call(node, name, { key: 'theme', value: 'ink' })
          : name === 'SignPolicies'
            ? call(node, name, { cedar: current.cedar })
            : call(node, name);
      await expect(asked).rejects.toMatchObject({ code: 'writer_lost' });
      expect((await call(node, 'GetStatus')).phase).toBe('reload_needed');
    },
  );
});

describe('expired approvals', () => {
  test('are ended about every minute without anybody asking, until the node stops', async () => {
    let now = Date.parse('2026-01-02T03:04:05.000Z');
    const { node, timers } = await started({ clock: { now: () => now } });
    const running = call(node, 'RunSkill', { skill: 'ab'.repeat(32), input_sha256: 'cd'.repeat(32) });
    const ended = expect(running).rejects.toMatchObject({ code: 'approval_expired' });
    const types = async () =>
      (await call(node, 'ListEntries', { limit: 10 })).entries
        .map(({ entry }) => entry.type)
        .filter((type) => type.startsWith('APPROVAL'));
    await until(node, async () => (await types()).length === 1);
    now += LIMITS.approvalTtlMs - 1;
    for (let minute = 0; minute < 3; minute++) {
      await until(node, () => Promise.resolve(timers.waits().includes(LIMITS.sweepMs)));
      timers.fire(LIMITS.sweepMs);
      await call(node, 'MakeCheckpoint');
    }
    expect(await types()).toEqual(['APPROVAL_REQUESTED']);
    now += 1;
    timers.fire(LIMITS.sweepMs);
    await ended;
    expect(await types()).toEqual(['APPROVAL_EXPIRED', 'APPROVAL_REQUESTED']);
    expect(timers.waits()).toContain(LIMITS.sweepMs);
    await node.stop();
    expect(timers.waits()).toEqual([]);
  });
});
