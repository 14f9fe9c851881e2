import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunStatus, StageState } from '../../pipeline/types';
import type { NodeStatus } from '../../protocol/messages';
import { VERDICTS, type Report, type Verdict } from '../../verify/types';
import { tourSteps } from '../screens/home/tour';
import { datasetsIn, descriptionOf, withDatasetHash } from './datasets';
import { gateOf } from './gate';
import { depths, layoutGraph, type GraphStage } from './graph';
import { identicon } from './identicon';
import { plainIntent } from './plain';
import { outcomeOf } from './seal';
import { fill, focusStage } from './stage-view';

const HASH = 'ab'.repeat(32);

describe('seal', () => {
  const report = (verdicts: Partial<Record<(typeof VERDICTS)[number], Verdict>>): Report =>
    ({
      verdicts: Object.fromEntries(VERDICTS.map((name) => [name, verdicts[name] ?? 'unknown'])),
    }) as unknown as Report;
  test('is earned by integrity and authenticity', () => {
    expect(outcomeOf(report({ integrity: 'pass', authenticity: 'pass' }))).toBe('sealed');
    expect(outcomeOf(report({ integrity: 'pass' }))).toBe('intact');
  });
  test('is never given where anything failed, or integrity is not known', () => {
    const verdict = fc.constantFrom<Verdict>('pass', 'fail', 'unknown');
    fc.assert(
      fc.property(fc.record(Object.fromEntries(VERDICTS.map((name) => [name, verdict]))), (verdicts) => {
        const bad = Object.values(verdicts).includes('fail') || verdicts['integrity'] !== 'pass';
        expect(outcomeOf(report(verdicts)) === 'failed').toBe(bad);
      }),
    );
  });
});

describe('the gate', () => {
  const status = (phase: NodeStatus['phase']) => ({ phase }) as NodeStatus;
  test('Verify is open to strangers in every phase', () => {
    const route = { screen: 'verify' as const, rest: [] };
    for (const phase of ['booting', 'locked', 'halted', 'ready', 'reload_needed'] as const) {
      expect(gateOf(route, status(phase), false)).toBe('open');
    }
    expect(gateOf(route, undefined, true)).toBe('open');
  });
  test('nothing else opens before the node is ready', () => {
    const route = { screen: 'home' as const, rest: [] };
    expect(gateOf(route, undefined, false)).toBe('starting');
    expect(gateOf(route, undefined, true)).toBe('failed');
    expect(gateOf(route, status('locked'), false)).toBe('locked');
    expect(gateOf(route, status('ready'), true)).toBe('open');
  });
});

describe('the tour', () => {
  const stage = (type: string, state: StageState) => ({ name: type, type, state, needs: [], artifacts: [] });
  const run = (state: RunStatus['state'], promotion: StageState, bundle?: string) =>
    ({
      id: 'r',
      pipeline: 'p',
      version: '1',
      pipelineSha256: '',
      datasets: {},
      startedAt: '',
      state,
      stages: [stage('promotion', promotion)],
      ...(bundle && { bundle }),
    }) as RunStatus;
  const now = (...args: Parameters<typeof tourSteps>) =>
    tourSteps(...args).find(({ state }) => state === 'now' || state === 'failed');
  test('walks from run to verified', () => {
    expect(now(undefined, false, undefined)?.id).toBe('run');
    expect(now(run('running', 'waiting'), false, undefined)?.id).toBe('watch');
    expect(now(run('awaiting_approval', 'awaiting_approval'), false, undefined)?.id).toBe('approve');
    expect(now(run('completed', 'completed', HASH), false, undefined)?.id).toBe('download');
    expect(now(run('completed', 'completed', HASH), true, undefined)?.id).toBe('verify');
    expect(now(run('completed', 'completed', HASH), true, 'sealed')).toBeUndefined();
  });
  test('says where it ended', () => {
    expect(now(run('failed', 'waiting'), false, undefined)).toMatchObject({ id: 'watch', state: 'failed' });
    expect(now(run('completed', 'completed', HASH), true, 'failed')).toMatchObject({ id: 'verify', state: 'failed' });
  });
});

describe('data sets of a document', () => {
  const block = `description: d\nstages:\n  - name: a\n    type: data_preparation\n    dataset:\n      file: x.csv # mine\n      sha256: old # pinned\n    split: {}\n`;
  test('sets the hash and leaves every other byte', () => {
    expect(withDatasetHash(block, 'x.csv', HASH)).toBe(block.replace('old', HASH));
    const without = block.replace('      sha256: old # pinned\n', '');
    expect(withDatasetHash(without, 'x.csv', HASH)).toBe(
      without.replace('# mine\n', `# mine\n      sha256: ${HASH}\n`),
    );
    const flow = 'stages: [{ name: a, dataset: { file: "x.csv" } }]';
    expect(withDatasetHash(flow, 'x.csv', HASH)).toBe(
      `stages: [{ name: a, dataset: { file: "x.csv", sha256: ${HASH} } }]`,
    );
    expect(withDatasetHash(block, 'other.csv', HASH)).toBe(block);
  });
  test('and reads it back', () => {
    expect(datasetsIn(withDatasetHash(block, 'x.csv', HASH))).toEqual([{ file: 'x.csv', sha256: HASH }]);
    expect(descriptionOf(block)).toBe('d');
  });
  test('no text breaks the editor', () => {
    const yamlish = fc.string({
      unit: fc.constantFrom('stages', ':', ' ', '\n', '-', '[', '{', 'dataset', 'file', '"', '&a', '*a', '\t', '!!'),
    });
    fc.assert(
      fc.property(yamlish, (yaml) => {
        expect(datasetsIn(yaml)).toBeInstanceOf(Array);
        expect(typeof descriptionOf(yaml)).toBe('string');
      }),
    );
  });
});

describe('graph', () => {
  const dag = fc
    .nat(7)
    .chain((n) =>
      fc.tuple(...Array.from({ length: n }, (_, i) => fc.subarray(Array.from({ length: i }, (_, j) => `s${j}`)))),
    )
    .map((needs): GraphStage[] => needs.map((need, i) => ({ name: `s${i}`, needs: need })));
  test('a stage stands after everything it needs, apart from the others, inside the plane', () => {
    fc.assert(
      fc.property(dag, fc.integer({ min: 240, max: 2000 }), (stages, width) => {
        const layout = layoutGraph(stages, width);
        const at = new Map(layout.nodes.map((node) => [node.name, node]));
        for (const { name, needs } of stages) {
          for (const need of needs) {
            const [a, b] = [at.get(need)!, at.get(name)!];
            expect(layout.direction === 'across' ? a.x < b.x : a.y < b.y).toBe(true);
          }
        }
        expect(new Set(layout.nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(stages.length);
        for (const { x, y } of layout.nodes) {
          expect(x + layout.nodeWidth).toBeLessThanOrEqual(layout.width);
          expect(y + layout.nodeHeight).toBeLessThanOrEqual(layout.height);
        }
        expect(layout.edges.length).toBe(stages.reduce((sum, { needs }) => sum + needs.length, 0));
      }),
    );
  });
  test('six stages fit across a desktop and stand down a phone', () => {
    const six = Array.from({ length: 6 }, (_, i) => ({ name: `s${i}`, needs: i > 0 ? [`s${i - 1}`] : [] }));
    expect(layoutGraph(six, 1000).direction).toBe('across');
    expect(layoutGraph(six, 328)).toMatchObject({ direction: 'down', width: 328 });
  });
  test('a cycle and an unknown need end', () => {
    expect(
      [
        ...depths([
          { name: 'a', needs: ['b'] },
          { name: 'b', needs: ['a', 'ghost'] },
        ]).keys(),
      ].sort(),
    ).toEqual(['a', 'b']);
  });
});

test('an identicon is mirrored and depends on the id alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 64 }), (id) => {
      const { cells } = identicon(id);
      expect(identicon(id).cells).toEqual(cells);
      const has = new Set(cells.map(({ x, y }) => `${x} ${y}`));
      for (const { x, y } of cells) expect(has.has(`${4 - x} ${y}`)).toBe(true);
    }),
  );
});

test('a bar is never over- or underfull', () => {
  const base = { name: 'a', type: 't', needs: [] };
  expect(fill({ ...base, state: 'completed' })).toBe(1);
  expect(fill({ ...base, state: 'running', progress: { done: 3, total: 4, what: '' } })).toBe(0.75);
  expect(fill({ ...base, state: 'running', progress: { done: 9, total: 4, what: '' } })).toBe(1);
  expect(fill({ ...base, state: 'running', progress: { done: 1, total: 0, what: '' } })).toBe(0);
});

test('the stage in trouble is shown first', () => {
  const stage = (name: string, state: StageState) => ({
    name,
    type: 'promotion' as const,
    needs: [],
    state,
    artifacts: [],
  });
  const run = (...stages: ReturnType<typeof stage>[]) => ({ stages }) as unknown as RunStatus;
  expect(focusStage(run(stage('a', 'completed'), stage('b', 'failed'), stage('c', 'waiting')))?.name).toBe('b');
  expect(focusStage(run(stage('a', 'completed'), stage('b', 'waiting')))?.name).toBe('a');
});

test('a promotion is told in plain words, with its hashes', () => {
  const plain = plainIntent({
    principal: { type: 'Pipeline', id: 'iron_path' },
    action: 'promote',
    resource: { type: 'Pointer', id: 'production' },
    args: { pointer: 'production', model_sha256: HASH, previous: null },
    context: {},
  });
  expect(plain.title).toBe('The pipeline iron_path wants to put a model into “production”.');
  expect(plain.effect).toContain('now it names none');
  expect(plain.hashes).toEqual([{ label: 'Model', value: HASH }]);
});
