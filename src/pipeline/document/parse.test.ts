import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../protocol/limits';
import { parsePipeline } from './parse';

const IRON_PATH = readFileSync('examples/iron-path.yaml', 'utf8');
const GOVERNANCE = `governance:
  enforcement_level: strict
  policy_binding_required: true
  role_signatures_required: true
`;
const PREPARE = `  - name: prepare
    type: data_preparation
    dataset: rows.csv
`;
const doc = (stages: string): string => `name: p\nversion: 1.0.0\nstages:\n${stages}${GOVERNANCE}`;

const problemsOf = (yaml: string) => {
  const parsed = parsePipeline(yaml);
  return 'problems' in parsed ? parsed.problems : [];
};

describe('a good document', () => {
  test('the shipped Iron Path has six stages, each after the one before', () => {
    const parsed = parsePipeline(IRON_PATH);
    if (!('pipeline' in parsed)) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.pipeline.stages.map((s) => [s.name, s.type, s.needs])).toEqual([
      ['prepare', 'data_preparation', []],
      ['train', 'model_training', ['prepare']],
      ['evaluate', 'agent_chain', ['train']],
      ['promote', 'promotion', ['evaluate']],
      ['undo', 'rollback', ['promote']],
      ['export', 'audit_export', ['undo']],
    ]);
    expect(parsed.pipeline.stages[0]).toMatchObject({
      missing: { tokens: ['NA'], action: 'drop' },
      split: { test_fraction: 0.25, seed: 7 },
    });
  });

  test('the build ships the same document', () => {
    expect(readFileSync('public/pipelines/iron-path.yaml', 'utf8')).toBe(IRON_PATH);
  });

  test("the seed's own sample parses", () => {
    const parsed = parsePipeline(`name: "my_sovereign_pipeline"
version: "1.0.0"
description: "Custom sovereign pipeline"

stages:
  - name: "data_validation"
    type: "data_preparation"
    dataset: "production_data"
    
  - name: "model_deployment"
    type: "model_training"
    model: "production_model"
    
  - name: "compliance_export"
    type: "audit_export"
    format: "json"

governance:
  enforcement_level: "strict"
  policy_binding_required: true
  role_signatures_required: true
`);
    expect(parsed).toMatchObject({
      pipeline: {
        stages: [
          { dataset: { file: 'production_data' } },
          { model: 'production_model', skill: 'train-model' },
          { type: 'audit_export' },
        ],
      },
    });
  });

  test('stages written out of order are put in order by what they need', () => {
    const parsed = parsePipeline(
      doc(
        '  - {name: train, type: model_training, needs: [prepare]}\n' +
          PREPARE.replace('dataset', 'needs: []\n    dataset'),
      ),
    );
    expect(parsed).toMatchObject({ pipeline: { stages: [{ name: 'prepare' }, { name: 'train' }] } });
  });
});

/** What is wrong, the document, and every problem as `line:column message part`. */
const TABLE: [string, string, string[]][] = [
  ['empty', '', ['1:1 empty']],
  ['a list', '- a\n', ['1:1 must be a map']],
  ['not YAML', 'name: [a\n', ['2:1 ]']],
  ['two documents', `${doc(PREPARE)}---\nname: x\n`, ['11:1 only one document']],
  ['a duplicate key', `name: a\nname: b\n${doc(PREPARE).slice(8)}`, ['2:1 stands here twice']],
  ['an anchor', doc(PREPARE).replace('rows.csv', '&a rows.csv'), ['6:17 anchors']],
  ['an alias', doc(PREPARE).replace('rows.csv', '*a'), ['6:14 ']],
  [
    'an alias bomb',
    `a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n`,
    ['1:7 anchors', '2:7 anchors', '3:5 aliases', '3:8 aliases'],
  ],
  ['a tag', doc(PREPARE).replace('rows.csv', '!!str rows.csv'), ['6:20 tags']],
  ['an unknown tag', doc(PREPARE).replace('rows.csv', '!js rows.csv'), ['6:14 ']],
  ['a key that is no text', `1: a\n${doc(PREPARE)}`, ['1:1 a key must be plain text']],
  ['an unknown key', `color: red\n${doc(PREPARE)}`, ['1:1 unknown key "color" in the pipeline']],
  ['an unknown key of a stage', doc(`${PREPARE}    gpu: 4\n`), ['7:5 unknown key "gpu"']],
  ['a key of another stage type', doc(`${PREPARE}    pointer: x\n`), ['7:5 unknown key "pointer"']],
  ['a deep unknown key', doc(`${PREPARE}    split: {seed: 1, ratio: 2}\n`), ['7:22 unknown key "ratio" in "split"']],
  ['a version that YAML reads as a number', doc(PREPARE).replace('1.0.0', '1.0'), ['2:10 must be text']],
  ['a wrong type', doc(PREPARE.replace('data_preparation', 'magic')), ['5:11 must be data_preparation |']],
  ['a stage name that leaves its folder', doc(PREPARE.replace('prepare', '../x')), ['4:11 must be letters']],
  ['a file that leaves its folder', doc(PREPARE.replace('rows.csv', '../../etc/passwd')), ['6:14 a plain file name']],
  ['a duplicate stage', doc(PREPARE + PREPARE), ['7:11 two stages are named "prepare"']],
  [
    'a duplicate but for case',
    doc(PREPARE + PREPARE.replace('prepare', 'PREPARE')),
    ['7:11 two stages are named "PREPARE"'],
  ],
  ['an unknown need', doc(`${PREPARE}    needs: [nobody]\n`), ['7:13 names "nobody"']],
  ['a stage that needs itself', doc(`${PREPARE}    needs: [prepare]\n`), ['7:13 needs itself']],
  [
    'a circle',
    doc(`${PREPARE}    needs: [b]\n  - {name: b, type: audit_export, needs: [prepare]}\n`),
    ['7:13 in a circle: "prepare"', '8:43 in a circle: "b"'],
  ],
  ['training without data', doc('  - {name: t, type: model_training}\n'), ['4:5 needs a data_preparation stage']],
  ['rolling back what was not promoted', doc('  - {name: r, type: rollback}\n'), ['4:5 needs a promotion stage']],
  [
    'rolling back another pointer',
    doc(
      `${PREPARE}  - {name: t, type: model_training}\n  - {name: p, type: promotion, pointer: a}\n  - {name: r, type: rollback, pointer: b}\n`,
    ),
    ['9:5 which no stage before it promotes'],
  ],
  [
    'two evaluators',
    doc(
      `${PREPARE}  - {name: t, type: model_training}\n  - {name: e, type: agent_chain, evaluators: [{name: a, metric: accuracy, at_least: 1}, {name: a, metric: f2}]}\n`,
    ),
    ['8:46 at least 3', '8:89 two evaluators', '8:89 needs "at_least"', '8:107 must be accuracy |'],
  ],
  ['no stages', doc('').replace('stages:\n', 'stages: []\n'), ['3:9 needs at least 1']],
  ['a fraction of 1', doc(`${PREPARE}    split: {test_fraction: 1}\n`), ['7:28 between 0 and 1']],
  ['a seed of 1.5', doc(`${PREPARE}    split: {seed: 1.5}\n`), ['7:19 whole number']],
  ['a seed beyond 2^53', doc(`${PREPARE}    split: {seed: 9007199254740993}\n`), ['7:19 whole number']],
  ['NaN', doc(`${PREPARE}    split: {test_fraction: .nan}\n`), ['7:28 not a number that JSON can carry']],
  ['a bad hash', doc(PREPARE.replace('rows.csv', '{file: a.csv, sha256: abc}')), ['6:36 a SHA-256']],
  [
    'a column twice',
    doc(`${PREPARE}    columns: {features: [a, b, a], label: b}\n`),
    ['7:29 named twice', '7:32 named twice'],
  ],
  ['no columns', doc(`${PREPARE}    columns: {features: [], label: b}\n`), ['7:25 needs at least 1']],
  [
    'governance switched off',
    doc(PREPARE).replace('policy_binding_required: true', 'policy_binding_required: false'),
    ['9:28 must be true'],
  ],
  ['no governance', doc(PREPARE).split('governance')[0]!, ['1:1 lacks "governance"']],
  [
    'two faults',
    doc(PREPARE.replace('prepare', '.x')).replace('name: p', 'nom: p'),
    ['1:1 lacks "name"', '1:1 unknown key "nom"', '4:11 '],
  ],
  [
    'brackets without end',
    `a: ${'['.repeat(LIMITS.pipelineDepth + 1)}`,
    [`1:${4 + LIMITS.pipelineDepth} nested deeper`],
  ],
  ['a line without end', `a: ${'- '.repeat(100_000)}`, [`1:${LIMITS.pipelineLineChars + 1} a line longer`]],
  ['lines without end', 'a:\n'.repeat(LIMITS.pipelineLines + 1), [`${LIMITS.pipelineLines + 1}:1 more than`]],
  ['more than the size limit', '#'.repeat(LIMITS.pipelineBytes + 1), ['1:1 larger than']],
];

describe('every problem is told with its place', () => {
  test.each(TABLE)('%s', (_name, yaml, expected) => {
    const problems = problemsOf(yaml).map((p) => ({ at: `${p.line}:${p.column} `, message: p.message }));
    expect(problems.map((p) => p.at.trim())).toEqual(expected.map((e) => e.split(' ')[0]));
    for (const line of expected) {
      const [at, ...part] = line.split(' ');
      const there = problems.filter((p) => p.at === `${at} `).map((p) => p.message);
      expect(there.join('; ')).toContain(part.join(' '));
    }
  });

  test('65 stages are too many, 64 are not', () => {
    const stages = (n: number) =>
      Array.from({ length: n }, (_, i) => `  - {name: e${i}, type: audit_export}\n`).join('');
    expect(problemsOf(doc(stages(64)))).toEqual([]);
    expect(problemsOf(doc(stages(65)))).toMatchObject([{ line: 4, column: 3 }]);
  });
});

describe('hostile text', () => {
  const places = (yaml: string): void => {
    const parsed = parsePipeline(yaml);
    if ('pipeline' in parsed) return;
    expect(parsed.problems.length).toBeGreaterThan(0);
    expect(parsed.problems.length).toBeLessThanOrEqual(LIMITS.pipelineProblems);
    const lines = yaml.split('\n').length;
    for (const { line, column } of parsed.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines + 1);
      expect(column).toBeGreaterThanOrEqual(1);
    }
  };

  test('random text gives a pipeline or problems, never a throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), places), { numRuns: 500 });
  });

  test('text made of what YAML is made of', () => {
    const bits = fc.constantFrom(
      ...'[]{}-:?,&*!|>\'"%@`#\n \t'.split(''),
      'a',
      '1',
      'name',
      '---\n',
      '\n  ',
      '<<',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 60 }), (parts) => places(parts.join(''))),
      { numRuns: 2000 },
    );
  });

  test('the good document with any one piece cut out or doubled', () => {
    const cut = fc.tuple(fc.nat(IRON_PATH.length), fc.nat(40), fc.boolean());
    const mutate = ([at, length, twice]: [number, number, boolean]) => {
      const piece = IRON_PATH.slice(at, at + length);
      places(IRON_PATH.slice(0, at) + (twice ? piece + piece : '') + IRON_PATH.slice(at + length));
    };
    fc.assert(fc.property(cut, mutate), { numRuns: 500 });
  });
});
