import { LIMITS } from '../../protocol/limits';
import type { DocumentProblem, Pipeline, Stage, StageType } from '../types';
import { Fields, Problems } from './fields';
import { ancestors, linkStages } from './graph';
import { readSource, type Source } from './source';
import { readStage, type DraftStage } from './stages';

export type ParsedPipeline = { pipeline: Pipeline } | { problems: DocumentProblem[] };

/** What a stage cannot work without: a stage of this type among those that it needs, near or far. */
const REQUIRES: Partial<Record<StageType, readonly StageType[]>> = {
  model_training: ['data_preparation'],
  agent_chain: ['data_preparation', 'model_training'],
  promotion: ['model_training'],
  rollback: ['promotion'],
};

/**
 * A pipeline document; docs/pipeline.md is its reference. Answers every problem with line and column, from 1, in the
 * order of the document, at most `LIMITS.pipelineProblems`. Never throws.
 */
export function parsePipeline(yaml: string): ParsedPipeline {
  const source = readSource(yaml);
  if ('problems' in source) return { problems: inOrder(source.problems) };
  const problems = new Problems();
  const pipeline = readPipeline(source.root, problems);
  return problems.list.length > 0 ? { problems: inOrder(problems.list) } : { pipeline };
}

function inOrder(problems: DocumentProblem[]): DocumentProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, LIMITS.pipelineProblems);
}

function readPipeline(root: Source, problems: Problems): Pipeline {
  const f = new Fields(root, 'the pipeline', problems);
  const name = f.string('name', {
    pattern: /^[a-z0-9][a-z0-9_-]{0,63}$/i,
    says: 'letters, digits, "-" and "_" (at most 64)',
  });
  const version = f.string('version', { pattern: /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/i, says: 'a version such as 1.0.0' });
  const description = f.string('description', { fallback: '', max: 1024 });
  const items = f.list('stages', { min: 1, max: LIMITS.pipelineStages });
  const drafts = items.map((item) => readStage(item, problems));
  const governance = readGovernance(f);
  f.finish();
  checkFiles(drafts, problems);
  const stages = linkStages(drafts, problems);
  if (problems.list.length === 0) checkInputs(stages, drafts, problems);
  return { name, version, description, stages, governance };
}

/** The seed's three switches, which have no other position here: there is no mode without governance. */
function readGovernance(f: Fields): Pipeline['governance'] {
  const map = f.map('governance');
  map?.oneOf('enforcement_level', ['strict']);
  map?.oneOf('policy_binding_required', [true]);
  map?.oneOf('role_signatures_required', [true]);
  map?.finish();
  return { enforcement_level: 'strict', policy_binding_required: true, role_signatures_required: true };
}

/** Two files whose names differ only in case would be one in a bundle that is unpacked on Windows or macOS. */
function checkFiles(drafts: readonly DraftStage[], problems: Problems): void {
  const files = new Map<string, string>();
  for (const { stage, at } of drafts) {
    if (stage.type !== 'data_preparation') continue;
    const { file } = stage.dataset;
    const other = files.get(file.toLowerCase()) ?? file;
    if (other !== file) problems.add(at, `the datasets "${other}" and "${file}" differ only in case`);
    files.set(file.toLowerCase(), file);
  }
}

function checkInputs(stages: readonly Stage[], drafts: readonly DraftStage[], problems: Problems): void {
  for (const { stage, at } of drafts) {
    const before = ancestors(stages, stage.name);
    for (const type of REQUIRES[stage.type] ?? []) {
      if (!before.some((s) => s.type === type)) {
        problems.add(at, `the stage "${stage.name}" needs a ${type} stage before it`);
      }
    }
    if (stage.type === 'rollback' && !before.some((s) => s.type === 'promotion' && s.pointer === stage.pointer)) {
      if (before.some((s) => s.type === 'promotion')) {
        problems.add(at, `the stage "${stage.name}" rolls back "${stage.pointer}", which no stage before it promotes`);
      }
    }
  }
}
