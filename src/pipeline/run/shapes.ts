import * as v from 'valibot';
import type { Json } from '../../protocol/json';
import type { Split } from '../data/split';
import { PipelineError } from '../types';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const finite = v.pipe(v.number(), v.finite());

const SPLIT = v.strictObject({
  v: v.literal(1),
  features: v.array(v.string()),
  classes: v.array(v.string()),
  rows: v.array(v.array(finite)),
  labels: v.array(v.pipe(v.number(), v.safeInteger())),
});

const VOTES = v.object({
  accepted: v.boolean(),
  quorum: v.number(),
  votes: v.array(v.object({ evaluator: v.string(), vote: v.picklist(['accept', 'reject']) })),
});

const MOVED = v.object({
  pointer: v.string(),
  from: v.nullable(sha256),
  to: v.nullable(sha256),
  state_before: sha256,
  state_after: sha256,
});

const VERDICT = v.picklist(['pass', 'fail', 'unknown']);
const EXPORTED = v.object({
  sha256,
  bytes: v.number(),
  files: v.number(),
  checkpoint_size: v.number(),
  verdicts: v.record(v.string(), VERDICT),
});

const RAN = v.object({ output_sha256: sha256, output_bytes: v.number() });

function read<S extends v.GenericSchema>(schema: S, what: string, json: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new PipelineError(
    'skill_failed',
    `${what} is not what it should be: ${v.getDotPath(issue) ?? ''} ${issue.message}.`,
    {
      advice: 'Start the pipeline again.',
    },
  );
}

/** Answers of effects and artifacts of earlier stages, checked where they come in. @throws PipelineError `skill_failed` */
export const readSplit = (json: Json): Split => read(SPLIT, 'A half of the dataset', json);
export const readVotes = (json: Json) => read(VOTES, "The evaluators' votes", json);
export const readMoved = (json: unknown) => read(MOVED, "The registry's answer", json);
export const readExported = (json: unknown) => read(EXPORTED, "The export's answer", json);
export const readRan = (json: unknown) => read(RAN, "The skill's outcome", json);
/** One figure of what `evaluate-model` answers. */
export const readMetric = (json: Json, metric: string, skill: string): number =>
  read(v.object({ [metric]: finite }), `The answer of ${skill}`, json)[metric]!;

const SKILL_ERROR = v.object({ error: v.object({ code: v.string(), message: v.string() }) });
/** What a skill says when its input is wrong (docs/skill-abi.md); undefined for an answer. */
export function readSkillError(json: Json): string | undefined {
  const parsed = v.safeParse(SKILL_ERROR, json);
  return parsed.success ? parsed.output.error.message.slice(0, 256) : undefined;
}
