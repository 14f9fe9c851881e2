/** What a node and a supervisor say to each other over a MessagePort. Both check what they hear. */
import * as v from 'valibot';
import type { HostCall, SkillRequest } from './types';

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bytes = v.custom<Uint8Array<ArrayBuffer>>(
  (value) => value instanceof Uint8Array && value.buffer instanceof ArrayBuffer,
  'not bytes',
);
const ms = v.pipe(v.number(), v.minValue(0));
const texts = v.array(v.string());
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const hostCall = v.union([
  v.strictObject({ name: v.string(), request: bytes, response: bytes }),
  v.strictObject({ name: v.string(), request: bytes, error: v.string() }),
]) satisfies v.GenericSchema<unknown, HostCall>;
const calls = v.array(hostCall);

const request = v.strictObject({
  moduleSha256: v.string(),
  module: bytes,
  abi: v.picklist(['raw', 'extism', 'wasi', 'quickjs']),
  entry: v.optional(v.string()),
  args: v.optional(texts),
  files: v.optional(v.record(v.string(), bytes)),
  input: bytes,
  limits: v.strictObject({
    memoryPages: v.number(),
    wallMs: v.number(),
    outputBytes: v.number(),
    gas: v.number(),
    hostCalls: v.number(),
    hostBytes: v.number(),
  }),
  budget: v.optional(v.number()),
  grants: texts,
  seed: v.string(),
  now: v.number(),
  calls: v.optional(calls),
});

/** An answer of the world to a call of a run's. */
const answer = v.union([v.strictObject({ response: bytes }), v.strictObject({ error: v.string() })]);

/** Node → supervisor. `world`: the node answers calls of the world. */
const toSupervisor = v.variant('type', [
  v.strictObject({ type: v.literal('run'), id, request, principal: v.string(), world: v.boolean() }),
  v.strictObject({ type: v.literal('cancel'), id }),
  v.strictObject({ type: v.literal('answer'), id, call: id, answer }),
]);

const totals = {
  gas: id,
  price: id,
  hostCalls: id,
  hostBytes: id,
  memorySha256: sha256,
  calls,
  logs: texts,
  ms,
};
const outcome = v.variant('kind', [
  v.strictObject({ kind: v.literal('ok'), output: bytes, ...totals }),
  v.strictObject({
    kind: v.picklist(['trap', 'out_of_gas', 'stack_overflow', 'bad_output', 'exit']),
    message: v.string(),
    ...totals,
  }),
  v.strictObject({
    kind: v.literal('host_fault'),
    reason: v.picklist(['timeout', 'memory', 'worker_lost', 'native_stack', 'replay']),
    message: v.string(),
    ms,
  }),
]);

const progress = { permille: v.pipe(id, v.maxValue(1000)), note: v.string() };
const call = { name: v.string(), request: bytes };

const code = v.picklist([
  'not_wasm',
  'invalid_module',
  'unsupported_feature',
  'import_not_granted',
  'missing_export',
  'bad_export',
  'memory_over_limit',
  'input_too_large',
  'bad_limits',
  'bad_request',
  'budget_exhausted',
  'hash_mismatch',
  'overloaded',
  'cancelled',
  'host_fault',
]);

/** Supervisor → node. `hello` is its first word: `lock` names the Web Lock that it holds for as long as it lives. */
const toNode = v.variant('type', [
  v.strictObject({ type: v.literal('hello'), lock: v.string() }),
  v.strictObject({ type: v.literal('progress'), id, ...progress }),
  v.strictObject({ type: v.literal('call'), id, call: id, ...call }),
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

/** A skill's worker → its supervisor. `more` asks for the rest of an answer; see channel.ts. */
const fromWorker = v.variant('type', [
  v.strictObject({ type: v.literal('progress'), ...progress }),
  v.strictObject({ type: v.literal('call'), ...call }),
  v.strictObject({ type: v.literal('more') }),
  v.strictObject({ type: v.literal('outcome'), outcome }),
]);

export type Answer = v.InferOutput<typeof answer>;
export type WireRequest = v.InferOutput<typeof request>;
export type ToSupervisor = v.InferOutput<typeof toSupervisor>;
export type ToNode = v.InferOutput<typeof toNode>;
export type FromWorker = v.InferOutput<typeof fromWorker>;

/** `undefined` for anything else than a message of the protocol. */
export const parseToSupervisor = (data: unknown): ToSupervisor | undefined => parsed(toSupervisor, data);
export const parseToNode = (data: unknown): ToNode | undefined => parsed(toNode, data);
export const parseFromWorker = (data: unknown): FromWorker | undefined => parsed(fromWorker, data);

/** A request as it crosses a port: every byte array in a buffer of its own. */
export const toWire = (run: SkillRequest): WireRequest => ({
  moduleSha256: run.moduleSha256,
  module: owned(run.module),
  abi: run.abi,
  entry: run.entry,
  args: run.args && [...run.args],
  files: run.files && Object.fromEntries(Object.entries(run.files).map(([path, file]) => [path, owned(file)])),
  input: owned(run.input),
  limits: { ...run.limits },
  budget: run.budget,
  grants: [...run.grants],
  seed: run.seed,
  now: run.now,
  calls: run.calls?.map(({ name, request: asked, response, error }) =>
    response
      ? { name, request: owned(asked), response: owned(response) }
      : { name, request: owned(asked), error: error ?? '' },
  ),
});

/** Cloning a view clones the whole buffer below it, which may be far larger than the view. */
export function owned(view: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength;
  return whole ? (view as Uint8Array<ArrayBuffer>) : view.slice();
}

function parsed<S extends v.GenericSchema>(schema: S, data: unknown): v.InferOutput<S> | undefined {
  const result = v.safeParse(schema, data);
  return result.success ? result.output : undefined;
}
