/** What a node and a supervisor say to each other over a MessagePort. Both check what they hear. */
import * as v from 'valibot';
import type { SkillOutcome } from './types';

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bytes = v.custom<Uint8Array<ArrayBuffer>>(
  (value) => value instanceof Uint8Array && value.buffer instanceof ArrayBuffer,
  'not bytes',
);
const ms = v.pipe(v.number(), v.minValue(0));

const request = v.strictObject({
  moduleSha256: v.string(),
  module: bytes,
  input: bytes,
  limits: v.strictObject({ memoryPages: v.number(), wallMs: v.number(), outputBytes: v.number() }),
  grants: v.array(v.string()),
});

/** Node → supervisor. */
const toSupervisor = v.variant('type', [
  v.strictObject({ type: v.literal('run'), id, request }),
  v.strictObject({ type: v.literal('cancel'), id }),
]);

const outcome = v.variant('kind', [
  v.strictObject({ kind: v.literal('ok'), output: bytes, ms }),
  v.strictObject({ kind: v.picklist(['trap', 'bad_output']), message: v.string(), ms }),
  v.strictObject({
    kind: v.literal('host_fault'),
    reason: v.picklist(['timeout', 'memory', 'worker_lost', 'native_stack']),
    message: v.string(),
    ms,
  }),
]);

const code = v.picklist([
  'not_wasm',
  'invalid_module',
  'import_not_granted',
  'missing_export',
  'bad_export',
  'memory_over_limit',
  'input_too_large',
  'bad_limits',
  'hash_mismatch',
  'overloaded',
  'cancelled',
  'host_fault',
]);

/** Supervisor → node. `hello` is its first word: `lock` names the Web Lock that it holds for as long as it lives. */
const toNode = v.variant('type', [
  v.strictObject({ type: v.literal('hello'), lock: v.string() }),
  v.strictObject({ type: v.literal('outcome'), id, outcome }),
  v.strictObject({
    type: v.literal('refused'),
    id,
    error: v.strictObject({
      code,
      message: v.string(),
      advice: v.optional(v.string()),
      details: v.optional(v.record(v.string(), v.unknown())),
    }),
  }),
]);

export type ToSupervisor = v.InferOutput<typeof toSupervisor>;
export type ToNode = v.InferOutput<typeof toNode>;

/** `undefined` for anything else than a message of the protocol. */
export const parseToSupervisor = (data: unknown): ToSupervisor | undefined => parsed(toSupervisor, data);
export const parseToNode = (data: unknown): ToNode | undefined => parsed(toNode, data);
/** As a skill worker hands it to its supervisor. */
export const parseOutcome = (data: unknown): SkillOutcome | undefined => parsed(outcome, data);

function parsed<S extends v.GenericSchema>(schema: S, data: unknown): v.InferOutput<S> | undefined {
  const result = v.safeParse(schema, data);
  return result.success ? result.output : undefined;
}
