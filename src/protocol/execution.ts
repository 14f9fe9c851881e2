import * as v from 'valibot';
import type { Json } from './json';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const texts = v.array(v.string());

const Outcome = v.picklist(['ok', 'trap', 'out_of_gas', 'stack_overflow', 'bad_output', 'exit']);

/** Whether a run can come to this: all that a replay can show. */
export const isRunOutcome = (code: unknown): boolean => v.is(Outcome, code);

const Execution = v.strictObject({
  v: v.literal(1),
  module_sha256: sha256,
  abi: v.picklist(['raw', 'extism', 'wasi', 'quickjs']),
  entry: v.nullable(v.string()),
  args: texts,
  metering: v.string(),
  weights: count,
  input_sha256: sha256,
  files: v.record(v.string(), sha256),
  seed: sha256,
  now: count,
  grants: texts,
  limits: v.strictObject({
    memoryPages: count,
    wallMs: count,
    outputBytes: count,
    gas: count,
    hostCalls: count,
    hostBytes: count,
  }),
  calls_sha256: v.nullable(sha256),
  outcome: Outcome,
  gas: count,
  host_calls: count,
  host_bytes: count,
  output_sha256: v.nullable(sha256),
  output_bytes: count,
  memory_sha256: sha256,
});

/** What one run of a skill followed from, and what came of it, as the log records it: docs/skill-abi.md. */
export type ExecutionRecord = v.InferOutput<typeof Execution>;

/** `undefined` for what is no record of version 1. */
export function parseExecution(json: unknown): ExecutionRecord | undefined {
  const parsed = v.safeParse(Execution, json);
  return parsed.success ? parsed.output : undefined;
}

const Calls = v.array(
  v.union([
    v.strictObject({ name: v.string(), request_b64: v.string(), response_b64: v.string() }),
    v.strictObject({ name: v.string(), request_b64: v.string(), error: v.string() }),
  ]),
);

/** A call of the world, as the blob `calls_sha256` holds it. */
export type RecordedCall = v.InferOutput<typeof Calls>[number];

export function parseRecordedCalls(json: unknown): RecordedCall[] | undefined {
  const parsed = v.safeParse(Calls, json);
  return parsed.success ? parsed.output : undefined;
}

/** The raw record in an outcome's data; `undefined` where it holds none. */
export function executionIn(type: string, data: Readonly<Record<string, Json>>): Json | undefined {
  if (type === 'EXECUTION_FAILED') return data['execution'];
  if (type !== 'EXECUTION_COMPLETED') return undefined;
  const { result } = data;
  return typeof result === 'object' && result !== null && !Array.isArray(result)
    ? (result as Readonly<Record<string, Json>>)['execution']
    : undefined;
}

/** SHA-256 of everything that a run takes, without repeats: module, input, files, answers of the world. */
export const takenBy = (record: ExecutionRecord): string[] => {
  const { module_sha256, input_sha256, files, calls_sha256 } = record;
  return [...new Set([module_sha256, input_sha256, ...Object.values(files), ...(calls_sha256 ? [calls_sha256] : [])])];
};

/** All that a bundle holds of a run: what it took, and its output. */
export const blobsOf = (record: ExecutionRecord): string[] => [
  ...new Set([...takenBy(record), ...(record.output_sha256 === null ? [] : [record.output_sha256])]),
];

/**
 * A line of a bundle's `executions/left-out.jsonl`: what the run that ended in entry `seq` took or gave is not all in the
 * bundle. With `full`, neither is that of any later one.
 */
export interface LeftOut {
  seq: number;
  why: 'too_large' | 'gone' | 'full';
}

/** What a run that was made again says of its record. */
export type Replayed =
  | { kind: 'identical' }
  | {
      kind: 'different';
      /** The first that differs, in this order. */
      code:
        | 'refused' // the module or the request is none that runs
        | 'other_calls' // it asks the world for something else than was recorded
        | 'other_outcome'
        | 'other_gas'
        | 'other_host_calls'
        | 'other_host_bytes'
        | 'other_output'
        | 'other_memory';
      words: string;
      recorded: string;
      made: string;
    }
  | {
      kind: 'unknown';
      code: 'metering' | 'missing' | 'machine';
      words: string;
      /** SHA-256 of what is not at hand; for `missing`. */
      missing?: string[];
    };

/** Makes a run again, with nothing but the record and what it names. Handed to whoever judges records. */
export type ExecutionReplay = (
  record: ExecutionRecord,
  blobs: (sha256: string) => Promise<Uint8Array | undefined>,
  signal?: AbortSignal,
) => Promise<Replayed>;
