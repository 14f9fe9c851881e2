import { fromUtf8, jcsBytes, type Sha256 } from '../../crypto';
import type { Json, JsonObject } from '../../protocol/json';
import type { PinnedSkill } from './deps';
import { PipelineError } from '../types';
import { readRan, readSkillError } from './shapes';
import type { Actor, StageWork } from './stage';

export interface SkillRun {
  manifest: PinnedSkill;
  inputSha256: Sha256;
  bytes: Uint8Array<ArrayBuffer>;
  /** `bytes`, parsed. */
  json: Json;
  orderId: string;
}

/**
 * Runs a pinned skill once on JSON in canonical form, with no capabilities, and takes its JSON answer.
 * @throws PipelineError `skill_unknown`, `skill_failed`; SkillError for a run that ended otherwise.
 */
export async function runSkill(
  work: StageWork,
  skill: string,
  input: JsonObject,
  context: Readonly<Record<string, string>>,
  as?: Actor,
): Promise<SkillRun> {
  const manifest = requireSkill(work.deps.skills(skill), skill);
  const inputSha256 = await work.deps.blobs.put(jcsBytes(input));
  const args = {
    skill,
    module_sha256: manifest.sha256,
    input_sha256: inputSha256,
    limits: { ...manifest.limits },
    grants: [],
    ...(manifest.abi === undefined || manifest.abi === 'raw' ? {} : { abi: manifest.abi }),
    ...(manifest.entry === undefined ? {} : { entry: manifest.entry }),
  };
  const executed = await work.effect('run_skill', { type: 'Skill', id: skill }, args, {
    context: { pinned: true, grants: 0, ...context },
    ...(as ? { as } : {}),
  });
  const { output_sha256, output_bytes } = readRan(executed.result);
  const bytes = await work.read({ name: `output of ${skill}`, sha256: output_sha256, bytes: output_bytes });
  const json = parse(bytes, skill);
  const refusal = readSkillError(json);
  if (refusal !== undefined) {
    throw new PipelineError('skill_failed', `${skill} refused its input: ${refusal}.`, {
      advice: 'Correct the data or the parameters.',
    });
  }
  return { manifest, inputSha256, bytes, json, orderId: executed.order.order_id };
}

/** @throws PipelineError `skill_unknown` */
export function requireSkill(manifest: PinnedSkill | undefined, skill: string): PinnedSkill {
  if (manifest) return manifest;
  throw new PipelineError('skill_unknown', `There is no skill named ${skill}.`, {
    advice: 'Correct the name in the pipeline.',
  });
}

function parse(bytes: Uint8Array, skill: string): Json {
  try {
    return JSON.parse(fromUtf8(bytes)) as Json;
  } catch (cause) {
    throw new PipelineError('skill_failed', `${skill} answered something that is not JSON.`, {
      cause,
      advice: 'Check the skill.',
    });
  }
}
