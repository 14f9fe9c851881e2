import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathFlaw, repeatedPaths } from '../bundle';
import type { Json, JsonObject } from '../json';
import { EvidenceFold, FileNames, inTotoFiles, inTotoRuns, linkName, plainName, type Functionaries } from './index';

const SHA = 'ab'.repeat(32);
const OWNER = 'cd'.repeat(32);
const functionary = (id: string) => ({ id: id.repeat(64), key: { keyval: { public: id } } });
const KEYS: Functionaries = {
  node: functionary('1'),
  governance: functionary('2'),
  owner: functionary('3'),
  ownerIds: new Set([OWNER]),
};

function folded(run: string | null, ...entries: readonly (readonly [type: string, data: JsonObject])[]): EvidenceFold {
  const fold = new EvidenceFold(run);
  for (const [seq, [type, data]] of entries.entries()) fold.apply({ seq, ts: '2026-01-02T03:04:05.678Z', type, data });
  return fold;
}
const stage = (run: string, name: string, type = 'data_preparation', artifacts: readonly Json[] = []) =>
  ['STAGE_COMPLETED', { run, stage: name, type, order_id: 'o', statement_sha256: SHA, artifacts }] as const;
const artifact = (name: string, sha256 = SHA) => ({ name, sha256, bytes: 1 });
const started = (run: string, needs: Record<string, string[]>, datasets: JsonObject = {}) =>
  [
    'RUN_STARTED',
    {
      run,
      pipeline: { name: 'p', version: '1' },
      datasets,
      stages: Object.entries(needs).map(([name, list]) => ({ name, type: 'x', needs: list })),
    },
  ] as const;

describe('names', () => {
  test('any name becomes one that a bundle may have', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (names) => {
        const files = new FileNames();
        const paths = names.map((name, i) => files.add(`artifacts/${plainName(name)}`, String(i)).path);
        expect(paths.map(pathFlaw)).toEqual(paths.map(() => undefined));
        expect(repeatedPaths(paths)).toEqual([]);
      }),
    );
  });

  test('the same content is there once, another one beside it', () => {
    const names = new FileNames();
    expect(names.add('a', 'x')).toEqual({ path: 'a', isNew: true });
    expect(names.add('A', 'x')).toEqual({ path: 'A', isNew: false });
    expect(names.add('A', 'y')).toEqual({ path: 'A-2', isNew: true });
    expect(names.add('a', 'y')).toEqual({ path: 'a-2', isNew: false });
  });
});

describe('the fold', () => {
  test('passes over whatever is not of its form', () => {
    const type = fc.constantFrom(
      'CONFIG_SNAPSHOT',
      'RUN_STARTED',
      'STAGE_COMPLETED',
      'EXECUTION_AUTHORIZED',
      'GENESIS',
    );
    const data = fc.dictionary(
      fc.constantFrom('run', 'stage', 'type', 'order', 'arguments', 'artifacts', 'stages', 'snapshot', 'datasets'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(type, data)), (entries) => {
        const fold = folded(null, ...(entries as [string, JsonObject][]));
        for (const { run } of inTotoRuns(fold.runs.values(), null)) inTotoFiles(run, KEYS, fold.genesis!);
      }),
    );
  });

  test('covers one run or all, and holds no earlier bundles', () => {
    const made = [artifact('a.json')];
    const log = [stage('r1', 's', 'x', made), stage('r2', 's', 'x', made), stage('r1', 'e', 'audit_export', made)];
    expect([...folded(null, ...log).runs.keys()]).toEqual(['r1', 'r2']);
    const { runs } = folded('r1', ...log);
    expect(runs.get('r1')!.stages.map((s) => s.products.map((p) => p.path))).toEqual([['artifacts/r1/s/a.json'], []]);
    expect([...runs.keys()]).toEqual(['r1']);
  });

  test('proves the entries that matter and the last; of too many the first and the newest', () => {
    const note = ['NODE_STARTED', {}] as const;
    const moved = ['ROLLBACK', {}] as const;
    expect(folded(null, ['GENESIS', {}], note, moved, note, note).proved(10)).toEqual([0, 2, 4]);
    expect(folded(null, ['GENESIS', {}], note, moved, moved, moved).proved(3)).toEqual([0, 3, 4]);
    expect(folded(null).proved(3)).toEqual([]);
  });
});

describe('in-toto', () => {
  const log = [
    started('r', { prepare: [], train: ['prepare'], promote: ['train'] }, { 'x y.csv': SHA }),
    stage('r', 'prepare', 'data_preparation', [artifact('a.json')]),
    stage('r', 'train', 'model_training', [artifact('m.json')]),
    stage('r', 'promote', 'promotion'),
  ];
  const approvedBy = (approver: string, verdict = 'yes') =>
    [
      'EXECUTION_AUTHORIZED',
      { run: 'r', order: { action: 'promote', approvals: [{ approver, verdict }] }, arguments: { stage: 'promote' } },
    ] as const;
  const filesOf = (fold: EvidenceFold) => inTotoFiles(fold.runs.get('r')!, KEYS, fold.genesis!);

  test('materials are what the stages before it made, or the datasets', () => {
    const [, prepare, train, promote] = filesOf(folded('r', ...log)).map((file) => file.signed);
    expect(prepare!['materials']).toEqual({ 'datasets/x_y.csv': { sha256: SHA } });
    expect(Object.keys(train!['materials'] as object)).toEqual(['artifacts/r/prepare/a.json']);
    expect(Object.keys(promote!['materials'] as object)).toEqual([
      'artifacts/r/prepare/a.json',
      'artifacts/r/train/m.json',
    ]);
  });

  test("a promotion takes two of two where the owner approved it, and the governance key's alone otherwise", () => {
    const signersOf = (...more: readonly (readonly [string, JsonObject])[]) => {
      const [layout, , , promote] = filesOf(folded('r', ...log, ...more));
      const steps = layout!.signed['steps'] as readonly { threshold: number }[];
      return [promote!.by, steps[2]!.threshold];
    };
    expect(signersOf(approvedBy(OWNER))).toEqual([['governance', 'owner'], 2]);
    expect(signersOf(approvedBy(OWNER, 'no'))).toEqual([['governance'], 1]);
    expect(signersOf(approvedBy(SHA))).toEqual([['governance'], 1]);
    expect(signersOf()).toEqual([['governance'], 1]);
  });

  test('expires ten years after the log began', () => {
    expect(filesOf(folded('r', ...log))[0]!.signed['expires']).toBe('2036-01-02T03:04:05Z');
    expect(linkName('train', '0123456789')).toBe('train.01234567.link');
  });

  test('a bundle of all runs has those that were completed, each in its folder', () => {
    const completed = ['RUN_COMPLETED', { run: 'r' }] as const;
    const other = stage('other', 's');
    const folders = (run: string | null, ...more: readonly (readonly [string, JsonObject])[]) =>
      inTotoRuns(folded(run, ...log, ...more).runs.values(), run).map(({ folder }) => folder);
    expect(folders(null, other)).toEqual([]);
    expect(folders(null, completed, other)).toEqual(['intoto/r/']);
    expect(folders('r', other)).toEqual(['intoto/']);
    expect(folders('other', other)).toEqual(['intoto/']);
  });
});
