import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createNodeSkillRunner } from '../../../cli/skill-runner';
import { bundleSkillThread } from '../../../scripts/lib/skill-thread.mjs';
import { sha256Text, utf8 } from '../../crypto';
import type { PipelineError, RunStatus } from '../types';
import { answer, exactlyOnce, IRON_PATH, QUICK, until, World, type Opened } from '../testing/world';

/** What a run used, where a test makes up how it ended. */
const TOTALS = { gas: 1, price: 1, hostCalls: 0, hostBytes: 0, memorySha256: '', calls: [], logs: [], ms: 1 };

const STAGES = ['prepare', 'train', 'evaluate', 'promote', 'undo', 'export'] as const;
const states = (run: RunStatus) => run.stages.map((s) => s.state);

let thread: string;
let skills: ReturnType<typeof createNodeSkillRunner>;
beforeAll(async () => {
  thread = mkdtempSync(join(tmpdir(), 'skill-thread-'));
  skills = createNodeSkillRunner(await bundleSkillThread(thread));
});
afterAll(() => {
  skills.dispose();
  rmSync(thread, { recursive: true });
});

let world: World;
let node: Opened;
beforeEach(async () => {
  world = new World(skills);
  node = await world.open();
});

async function complete(yaml = IRON_PATH, datasets: Record<string, string> = {}): Promise<RunStatus> {
  answer(node, 'yes');
  return node.pipelines.settled(await node.pipelines.start(yaml, datasets));
}

describe('the whole path', () => {
  test('six stages, each with its own role, order, statement and artifact; promoted, restored, exported, verified', async () => {
    const run = await complete();
    expect(run.error).toBeUndefined();
    expect(run.state).toBe('completed');
    expect(states(run)).toEqual(STAGES.map(() => 'completed'));
    const done = await node.entries('STAGE_COMPLETED');
    expect(new Set(done.map((e) => e.data['order_id'])).size).toBe(6);
    expect(new Set(done.map((e) => e.data['statement_sha256'])).size).toBe(6);
    expect((await node.entries('VOTE_CAST')).map((e) => e.data['vote'])).toEqual(['accept', 'accept', 'accept']);
    const [promotion] = await node.entries('PROMOTION');
    const [rollback] = await node.entries('ROLLBACK');
    expect(promotion!.data['to']).toBe(run.stages[1]!.sha256);
    expect(rollback!.data['state_after']).toBe(promotion!.data['state_before']);
    expect(node.registry.get('production')).toBeNull();
    expect(await node.storage.blobs.has(run.bundle!)).toBe(true);
    expect(await node.entries('EXECUTION_BLOCKED')).toEqual([]);
  });

  test('the same input gives the same model and votes, to the byte, in another world', async () => {
    const first = await complete();
    world = new World(skills);
    node = await world.open();
    const second = await complete();
    const hashes = (run: RunStatus) => run.stages.slice(0, 5).map((s) => s.artifacts.map((a) => a.sha256));
    expect(hashes(second)).toEqual(hashes(first));
  });

  test('any CSV with the declared columns', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 2 ? 'odd' : 'even'},${i % 2 ? 5 + i / 100 : -5}`);
    const csv = utf8(`id,parity,x\n${rows.join('\n')}\n`);
    const yaml = IRON_PATH.replace('file: penguins.csv', 'file: mine.csv')
      .replace(/\n\s+sha256: .*/, '')
      .replace(/features: .*/, 'features: [x]')
      .replace('label: species', 'label: parity');
    const run = await complete(yaml, { 'mine.csv': await node.storage.blobs.put(csv) });
    expect([run.state, run.stages[0]!.summary]).toEqual(['completed', '30 rows to train, 10 to test']);
  });
});

describe('what ends a run, with evidence of it', () => {
  test('a quorum that is not reached', async () => {
    const run = await complete(IRON_PATH.replaceAll('at_least: 0.9', 'at_least: 1.01'));
    expect(states(run)).toEqual(['completed', 'completed', 'failed', 'waiting', 'waiting', 'waiting']);
    expect([run.state, run.error!.code]).toEqual(['failed', 'quorum_not_reached']);
    expect((await node.entries('VOTE_CAST')).map((e) => e.data['vote'])).toEqual(['reject', 'accept', 'reject']);
    expect(await node.entries('PROMOTION')).toEqual([]);
  });

  test('a promotion that the owner refuses', async () => {
    answer(node, 'no');
    const run = await node.pipelines.settled(await node.pipelines.start(IRON_PATH, {}));
    expect(states(run)).toEqual(['completed', 'completed', 'completed', 'blocked', 'waiting', 'waiting']);
    expect([run.state, run.error!.code]).toEqual(['failed', 'approval_refused']);
    expect(node.registry.get('production')).toBeNull();
  });

  test('a promotion that the owner refused goes on from there when he thinks again, and nothing before it is repeated', async () => {
    let verdict: 'yes' | 'no' = 'no';
    node.governance.onApprovals(() => {
      for (const { id } of node.governance.pendingApprovals()) void node.governance.decide(id, verdict).catch(() => 0);
    });
    const run = await node.pipelines.start(QUICK, {});
    expect((await node.pipelines.settled(run)).error!.code).toBe('approval_refused');
    verdict = 'yes';
    await node.pipelines.resume(run);
    const done = await node.pipelines.settled(run);
    expect([done.state, done.error]).toEqual(['completed', undefined]);
    await exactlyOnce(node);
  });

  test('what fails by what the run rests on cannot go on: it would end the same way', async () => {
    const run = await complete(QUICK.replaceAll('at_least: 0.9', 'at_least: 1.01'));
    await expect(node.pipelines.resume(run.id)).rejects.toMatchObject({ code: 'run_finished' });
    expect(await node.entries('RUN_RESUMED')).toEqual([]);
  });

  test('another file than the declared one', async () => {
    const other = await node.storage.blobs.put(utf8('species,x\na,1\nb,2\n'));
    const run = await complete(IRON_PATH, { 'penguins.csv': other });
    expect(run.error!.code).toBe('dataset_hash_mismatch');
    expect(await node.entries('EXECUTION_AUTHORIZED')).toHaveLength(1);
  });

  test('a shipped dataset that was tampered with', async () => {
    const { assets } = world;
    world.assets = { read: async (path) => (path.endsWith('.csv') ? utf8('species\nx\n') : assets.read(path)) };
    node = await world.open();
    const run = await complete();
    expect(run.error!.code).toBe('dataset_hash_mismatch');
  });

  test('a bad row: the place is told', async () => {
    const csv = utf8('species,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g\nA,1,2,3,NaN\n');
    const yaml = IRON_PATH.replace(/\n\s+sha256: .*/, '');
    const run = await complete(yaml, { 'penguins.csv': await node.storage.blobs.put(csv) });
    expect(run.error!.code).toBe('bad_dataset');
    expect(run.error!.message).toContain('Line 2, column 9');
  });

  test('a skill that traps', async () => {
    world.skills = { run: () => Promise.resolve({ kind: 'trap', message: 'unreachable', ...TOTALS }) };
    node = await world.open();
    const run = await complete();
    expect([states(run)[1], run.error!.code]).toEqual(['failed', 'trap']);
  });

  test('a skill that answers nonsense', async () => {
    world.skills = { run: () => Promise.resolve({ kind: 'ok', output: utf8('nonsense'), ...TOTALS }) };
    node = await world.open();
    expect((await complete()).error!.code).toBe('skill_failed');
  });

  test('a rollback to a state that is not the earlier one', async () => {
    answer(node, 'yes');
    const run = await node.pipelines.start(IRON_PATH, {});
    // Another pointer moves between promotion and rollback: the earlier state can no longer be restored.
    node.log.onAppend((entries) => {
      if (entries.some((e) => e.type === 'PROMOTION')) node.registry.set('other', sha256Text('other'));
    });
    const status = await node.pipelines.settled(run);
    expect([states(status)[4], status.error!.code]).toEqual(['failed', 'digest_mismatch']);
    expect(await node.entries('ROLLBACK')).toEqual([]);
  });

  test('an artifact that was changed in the store', async () => {
    answer(node, 'yes');
    node.log.onAppend((entries) => {
      const trained = entries.find((e) => e.type === 'STAGE_COMPLETED' && e.data['stage'] === 'train');
      const [model] = (trained?.data['artifacts'] ?? []) as { sha256: string }[];
      if (model) world.disk.blobs.get(model.sha256)![10]! ^= 1;
    });
    const status = await node.pipelines.settled(await node.pipelines.start(IRON_PATH, {}));
    expect([states(status)[2], status.error!.code]).toEqual(['failed', 'corrupt']);
  });
});

describe('what is refused before it starts', () => {
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'started',
      (error: unknown) => (error as PipelineError).code,
    );
  test('a bad document, an unknown file, an unknown skill; nothing is logged', async () => {
    const { size } = node.log;
    expect(await code(node.pipelines.start('name: x', {}))).toBe('bad_pipeline');
    expect(await code(node.pipelines.start(IRON_PATH.replace('penguins.csv', 'gone.csv'), {}))).toBe('dataset_missing');
    expect(await code(node.pipelines.start(IRON_PATH, { 'other.csv': sha256Text('') }))).toBe('dataset_missing');
    expect(await code(node.pipelines.start(IRON_PATH.replace('train-model', 'magic'), {}))).toBe('skill_unknown');
    expect(node.log.size).toBe(size);
  });

  test('a second run, also at the same moment', async () => {
    const both = await Promise.all([
      code(node.pipelines.start(IRON_PATH, {})),
      code(node.pipelines.start(IRON_PATH, {})),
    ]);
    expect(both.sort()).toEqual(['run_active', 'started']);
    const { id } = node.pipelines.list()[0]!;
    expect(await code(node.pipelines.start(IRON_PATH, {}))).toBe('run_active');
    await node.pipelines.stop(id);
    expect(node.pipelines.active()).toBeUndefined();
  });

  test('resuming or stopping what has ended, and a run that never was', async () => {
    const { id } = await complete();
    expect(await code(node.pipelines.resume(id))).toBe('run_finished');
    expect(await code(node.pipelines.stop(id))).toBe('run_finished');
    expect(await code(node.pipelines.stop('nobody'))).toBe('run_unknown');
  });

  test('a stage without its order, or with the order of another', async () => {
    answer(node, 'yes');
    const run = await node.pipelines.start(IRON_PATH, {});
    await until(node, run, (s) => s.stages[1]!.state === 'running');
    const order = (await node.entries('EXECUTION_AUTHORIZED'))[0]!.data['order'] as never;
    expect(() => node.pipelines.perform(order, { run: 'other', stage: 'train' })).toThrow('No run is at that stage');
    await node.pipelines.settled(run);
  });
});

describe('stop and resume', () => {
  test.each(STAGES)('stopped in %s, resumed: finished stages are not repeated', async (stage) => {
    answer(node, 'yes');
    const run = await node.pipelines.start(QUICK, {});
    const at = STAGES.indexOf(stage);
    await until(node, run, (s) => s.stages[at]!.state === 'running');
    const stopped = await node.pipelines.stop(run);
    expect(stopped.state).toBe('stopped');
    const before = states(stopped).filter((s) => s === 'completed').length;
    await node.pipelines.resume(run);
    const status = await node.pipelines.settled(run);
    expect([status.state, status.error]).toEqual(['completed', undefined]);
    await exactlyOnce(node);
    const started = (await node.entries('STAGE_STARTED')).map((e) => e.data['stage']);
    for (const done of STAGES.slice(0, before)) expect(started.filter((s) => s === done)).toHaveLength(1);
  });

  test('an approval given while nobody works on the run is found again', async () => {
    const run = await node.pipelines.start(QUICK, {});
    const waiting = await until(node, run, (s) => s.state === 'awaiting_approval');
    const [pending] = node.governance.pendingApprovals();
    expect(waiting.stages[3]).toMatchObject({ state: 'awaiting_approval', approvalId: pending!.id });
    // The tab goes away without a word.
    node = await world.open();
    expect(node.pipelines.get(run).state).toBe('interrupted');
    await node.governance.decide(pending!.id, 'yes');
    await node.pipelines.resume(run);
    expect((await node.pipelines.settled(run)).state).toBe('completed');
    expect(await node.entries('APPROVAL_REQUESTED')).toHaveLength(1);
  });

  test('a wait that outlasts the role: it is granted anew, and the approval holds', async () => {
    const run = await node.pipelines.start(QUICK, {});
    await until(node, run, (s) => s.state === 'awaiting_approval');
    world.now += 3 * 24 * 3_600_000;
    answer(node, 'yes');
    const status = await node.pipelines.settled(run);
    expect([status.state, status.error]).toEqual(['completed', undefined]);
  });

  test('a run interrupted by a crash can be stopped for good', async () => {
    const run = await node.pipelines.start(QUICK, {});
    await until(node, run, (s) => s.state === 'awaiting_approval');
    node = await world.open();
    expect((await node.pipelines.stop(run)).state).toBe('stopped');
    expect(node.pipelines.list().map((r) => r.state)).toEqual(['stopped']);
  });
});
