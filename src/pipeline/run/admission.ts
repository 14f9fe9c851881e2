import { isSha256, type Sha256 } from '../../crypto';
import type { JsonObject } from '../../protocol/json';
import { parsePipeline } from '../document/parse';
import { PipelineError, type Pipeline, type RunStatus, type Stage } from '../types';
import type { PipelineDeps } from './deps';
import { requireSkill } from './skill';

/** @throws PipelineError `bad_pipeline`, with every problem in its details */
export function readPipeline(yaml: string): Pipeline {
  const parsed = parsePipeline(yaml);
  if ('pipeline' in parsed) return parsed.pipeline;
  const [first] = parsed.problems;
  throw new PipelineError('bad_pipeline', `Line ${first!.line}, column ${first!.column}: ${first!.message}.`, {
    advice: 'Correct the document; nothing was started.',
    details: { problems: parsed.problems },
  });
}

/**
 * What a run rests on, found before it is logged: each dataset by its hash, each skill by its name.
 * @throws PipelineError `dataset_missing`, `skill_unknown`
 */
export async function resolveInputs(
  pipeline: Pipeline,
  picked: Readonly<Record<string, Sha256>>,
  deps: Pick<PipelineDeps, 'skills' | 'datasets'>,
): Promise<Record<string, Sha256>> {
  for (const stage of pipeline.stages) if ('skill' in stage) requireSkill(deps.skills(stage.skill), stage.skill);
  const files = new Set(pipeline.stages.flatMap((s) => (s.type === 'data_preparation' ? [s.dataset.file] : [])));
  const stray = Object.keys(picked).find((file) => !files.has(file));
  if (stray !== undefined)
    throw missing(`The pipeline reads no dataset named ${stray}.`, 'Name the file as the pipeline does.');
  const found: Record<string, Sha256> = {};
  for (const file of files) {
    const sha256 = Object.hasOwn(picked, file) ? picked[file] : await deps.datasets(file);
    if (sha256 === undefined || !isSha256(sha256)) {
      throw missing(`There is no dataset ${file} here.`, 'Pick the file, then start again.');
    }
    found[file] = sha256;
  }
  return found;
}

/** What the stage reads, by hash, so that its order covers it. */
export function inputsOf(stage: Stage, status: RunStatus): JsonObject {
  if (stage.type === 'data_preparation') return { dataset: status.datasets[stage.dataset.file] ?? null };
  const before = stage.needs.map((name) => [name, status.stages.find((s) => s.name === name)?.sha256 ?? null]);
  return { stages: Object.fromEntries(before) as JsonObject };
}

const missing = (message: string, advice: string): PipelineError =>
  new PipelineError('dataset_missing', message, { advice });
