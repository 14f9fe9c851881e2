import { LIMITS } from '../../protocol/limits';
import { STAGE_TYPES } from '../types';
import type { AgentChain, DataPreparation, Evaluator, ModelTraining, Stage } from '../types';
import { Fields, type Problems } from './fields';
import type { Source } from './source';

const NAME = {
  pattern: /^[a-z0-9][a-z0-9_-]{0,63}$/i,
  says: 'letters, digits, "-" and "_" (at most 64, no leading sign)',
};
const FILE = { pattern: /^[a-z0-9][a-z0-9._-]{0,127}$/i, says: 'a plain file name without folders' };
const HASH = { pattern: /^[0-9a-f]{64}$/, says: 'a SHA-256 in 64 lower-case hex digits' };
/** Test the model by these; evaluate-model answers them all. */
const METRICS = ['accuracy', 'min_recall', 'macro_f1', 'log_loss'] as const;

/** One stage; `needs` is still as written (undefined: not written). */
export interface DraftStage {
  stage: Stage;
  needs: { text: string; at: Source['at'] }[] | undefined;
  at: Source['at'];
  nameAt: Source['at'];
}

/** Reads one item of `stages`. Always answers a stage; what is wrong stands in `problems`. */
export function readStage(source: Source, problems: Problems): DraftStage {
  const f = new Fields(source, 'a stage', problems);
  const name = f.string('name', NAME);
  const type = f.oneOf('type', STAGE_TYPES);
  const needs = f.has('needs') ? f.strings('needs', { max: LIMITS.pipelineStages }) : undefined;
  f.raw('needs', false);
  const stage = readBody(f, { name, needs: [] }, type);
  f.finish();
  return { stage, needs, at: f.at, nameAt: f.place('name') };
}

function readBody(f: Fields, base: { name: string; needs: string[] }, type: Stage['type']): Stage {
  switch (type) {
    case 'data_preparation':
      return readPreparation(f, base);
    case 'model_training':
      return readTraining(f, base);
    case 'agent_chain':
      return readChain(f, base);
    case 'promotion':
    case 'rollback':
      return { ...base, type, pointer: f.string('pointer', { ...NAME, fallback: 'production' }) };
    case 'audit_export':
      // The seed's own key. The export is always the whole bundle, whose log is JSON.
      f.oneOf('format', ['json'], 'json');
      return { ...base, type };
  }
}

function readPreparation(f: Fields, base: { name: string; needs: string[] }): DataPreparation {
  const columns = readColumns(f);
  return {
    ...base,
    type: 'data_preparation',
    dataset: readDataset(f),
    ...(columns ? { columns } : {}),
    missing: readMissing(f),
    split: readSplit(f),
  };
}

function readDataset(f: Fields): DataPreparation['dataset'] {
  const value = f.raw('dataset');
  if (!value) return { file: '' };
  if (value.kind !== 'map') return { file: f.text(value, 'dataset', FILE) };
  const map = new Fields(value, '"dataset"', f.problems);
  const file = map.string('file', FILE);
  const sha256 = map.has('sha256') ? map.string('sha256', HASH) : undefined;
  map.raw('sha256', false);
  map.finish();
  return sha256 === undefined ? { file } : { file, sha256 };
}

function readColumns(f: Fields): DataPreparation['columns'] {
  const map = f.map('columns', false);
  if (!map) return undefined;
  const features = map.strings('features', { min: 1, max: LIMITS.datasetColumns });
  const label = map.string('label');
  map.finish();
  const seen = new Set([label]);
  for (const { text, at } of features) {
    if (seen.has(text)) f.problems.add(at, `the column "${text}" is named twice`);
    seen.add(text);
  }
  return { features: features.map((x) => x.text), label };
}

function readMissing(f: Fields): DataPreparation['missing'] {
  const map = f.map('missing', false);
  if (!map) return { tokens: [], action: 'refuse' };
  const tokens = map.strings('tokens', { max: 16 }).map((x) => x.text);
  const action = map.oneOf('action', ['refuse', 'drop'], 'refuse');
  map.finish();
  return { tokens, action };
}

function readSplit(f: Fields): DataPreparation['split'] {
  const map = f.map('split', false);
  if (!map) return { test_fraction: 0.25, seed: 0 };
  const test_fraction = map.number('test_fraction', { min: 0, max: 1, open: true, fallback: 0.25 });
  const seed = map.number('seed', { integer: true, min: 0, fallback: 0 });
  map.finish();
  return { test_fraction, seed };
}

function readTraining(f: Fields, base: { name: string; needs: string[] }): ModelTraining {
  const model = f.string('model', { ...NAME, fallback: 'model' });
  const skill = f.string('skill', { ...NAME, fallback: 'train-model' });
  const map = f.map('parameters', false);
  const parameters = {
    epochs: map?.number('epochs', { integer: true, min: 1, max: LIMITS.trainingEpochs, fallback: 400 }) ?? 400,
    learning_rate: map?.number('learning_rate', { min: 0, max: 1000, open: true, fallback: 0.5 }) ?? 0.5,
    l2: map?.number('l2', { min: 0, max: 1000, fallback: 0.001 }) ?? 0.001,
  };
  map?.finish();
  return { ...base, type: 'model_training', model, skill, parameters };
}

function readChain(f: Fields, base: { name: string; needs: string[] }): AgentChain {
  const skill = f.string('skill', { ...NAME, fallback: 'evaluate-model' });
  const items = f.list('evaluators', { min: 3, max: LIMITS.pipelineEvaluators, why: ', so that none decides alone' });
  const evaluators = items.map((item) => readEvaluator(item, f.problems));
  const names = new Set<string>();
  evaluators.forEach(({ name }, i) => {
    if (names.has(name)) f.problems.add(items[i]!.at, `two evaluators are named "${name}"`);
    names.add(name);
  });
  const majority = Math.floor(evaluators.length / 2) + 1;
  const max = Math.max(evaluators.length, 1);
  const quorum = f.number('quorum', { integer: true, min: 1, max, fallback: majority });
  return { ...base, type: 'agent_chain', skill, evaluators, quorum };
}

function readEvaluator(source: Source, problems: Problems): Evaluator {
  const f = new Fields(source, 'an evaluator', problems);
  const name = f.string('name', NAME);
  const metric = f.oneOf('metric', METRICS);
  const bound = (key: 'at_least' | 'at_most') => (f.has(key) ? { [key]: f.number(key, {}) } : (f.raw(key, false), {}));
  const bounds = { ...bound('at_least'), ...bound('at_most') };
  if (Object.keys(bounds).length === 0) problems.add(f.at, 'an evaluator needs "at_least" or "at_most"');
  f.finish();
  return { name, metric, ...bounds };
}
