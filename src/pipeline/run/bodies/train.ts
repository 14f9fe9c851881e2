import type { Json, JsonObject } from '../../../protocol/json';
import { PipelineError, type ModelTraining } from '../../types';
import { readSplit } from '../shapes';
import { runSkill } from '../skill';
import type { StageResult, StageWork } from '../stage';
import { provenanceStatement } from '../statement';

/** Trains in a WASM skill: the same data, parameters and module give the same bytes on any machine. */
export async function train(work: StageWork, stage: ModelTraining): Promise<StageResult> {
  const data = work.input('data_preparation').artifacts.find((a) => a.name === 'train.json');
  const { features, classes, rows, labels } = readSplit(await work.readJson(data));
  work.progress(0, 1, `training for ${stage.parameters.epochs} epochs`);
  const input: JsonObject = { parameters: { ...stage.parameters }, features, classes, rows, labels };
  const run = await runSkill(work, stage.skill, input, { purpose: 'training' });
  requireObject(run.json, stage.skill);
  const model = await work.store(`${stage.model}.json`, run.bytes);
  const statement = provenanceStatement(work.facts(), [model], {
    external: {
      skill: stage.skill,
      parameters: { ...stage.parameters },
      pipeline_sha256: work.record.status.pipelineSha256,
    },
    // Metering comes with the instrumenter; until then fuel is unknown, and said to be.
    internal: { limits: { ...run.manifest.limits }, fuel: null, input_sha256: run.inputSha256, order_id: run.orderId },
    dependencies: [
      { name: `${stage.skill}.wasm`, sha256: run.manifest.sha256 },
      { name: 'train.json', sha256: data!.sha256 },
      ...Object.entries(work.record.status.datasets).map(([name, sha256]) => ({ name, sha256 })),
    ],
  });
  const summary = `a model of ${classes.length} classes from ${rows.length} rows, ${model.bytes} bytes`;
  return work.finish(statement, [model], summary);
}

function requireObject(json: Json, skill: string): void {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return;
  throw new PipelineError('skill_failed', `${skill} answered something that is no model.`, {
    advice: 'Check the skill.',
  });
}
