/** A recorded run made again, with no world attached, and what it says of its record: docs/skill-abi.md. */
import { fromBase64, JsonError, parseCanonical, sha256Hex } from '../crypto';
import { parseRecordedCalls, takenBy, type ExecutionRecord, type Replayed } from '../protocol/execution';
import { LIMITS } from '../protocol/limits';
import { METERING } from './instrument/version';
import {
  SkillError,
  type HostCall,
  type SkillCode,
  type SkillOutcome,
  type SkillRequest,
  type SkillRunner,
} from './types';

type Blobs = (sha256: string) => Promise<Uint8Array | undefined>;
type Different = Extract<Replayed, { kind: 'different' }>;
type Ran = Exclude<SkillOutcome, { kind: 'host_fault' }>;

/** What a runner may refuse for reasons of its own; every other refusal is one of the record. */
const RUNNERS_OWN: ReadonlySet<SkillCode> = new Set(['overloaded', 'no_host', 'cancelled', 'timeout']);

/**
 * @param blobs answers bytes by their SHA-256; what has another one counts as missing
 * @throws SkillError `cancelled`, `overloaded`, `no_host` as the runner does
 */
export async function replayExecution(
  record: ExecutionRecord,
  blobs: Blobs,
  runner: SkillRunner,
  signal?: AbortSignal,
): Promise<Replayed> {
  const { metering, weights } = record;
  if (metering !== METERING.version || weights !== METERING.weights) {
    const words = `it was metered by ${metering} with weights ${weights}, and this version knows ${METERING.version} with weights ${METERING.weights}`;
    return { kind: 'unknown', code: 'metering', words };
  }
  const taken = await takeAll(record, blobs);
  if (Array.isArray(taken)) {
    const words = `${taken.length === 1 ? 'something that it took is' : `${taken.length} things that it took are`} not here: ${taken[0]}`;
    return { kind: 'unknown', code: 'missing', words, missing: taken };
  }
  const calls = record.calls_sha256 === null ? [] : readCalls(taken.get(record.calls_sha256)!);
  if (!calls) return different('other_calls', 'the recorded answers of the world cannot be read', 'answers', 'none');
  return run(requestOf(record, taken, calls), record, runner, signal);
}

async function run(
  request: SkillRequest,
  record: ExecutionRecord,
  runner: SkillRunner,
  signal: AbortSignal | undefined,
): Promise<Replayed> {
  let outcome: SkillOutcome;
  try {
    outcome = await runner.run(request, { signal, principal: 'replay' });
  } catch (error) {
    if (!(error instanceof SkillError)) throw error;
    if (error.code === 'host_fault') return unknown(error.message);
    if (RUNNERS_OWN.has(error.code)) throw error;
    return different('refused', `it is refused before it runs: ${error.message}`, record.outcome, error.code);
  }
  if (outcome.kind !== 'host_fault') return compare(record, outcome);
  if (outcome.reason === 'replay')
    return different('other_calls', `made again, ${outcome.message}`, 'the recorded calls', outcome.message);
  return unknown(outcome.message);
}

const unknown = (why: string): Replayed => ({
  kind: 'unknown',
  code: 'machine',
  words: `it could not be run here: ${why}`,
});

function compare(record: ExecutionRecord, made: Ran): Replayed {
  const output = made.kind === 'ok' ? made.output : undefined;
  const pairs: [Different['code'], string, string | number, string | number][] = [
    ['other_outcome', 'outcome', record.outcome, made.kind],
    ['other_gas', 'gas', record.gas, made.gas],
    ['other_host_calls', 'number of host calls', record.host_calls, made.hostCalls],
    ['other_host_bytes', 'number of bytes to and from the host', record.host_bytes, made.hostBytes],
    ['other_output', 'SHA-256 of the output', record.output_sha256 ?? 'none', output ? sha256Hex(output) : 'none'],
    ['other_output', 'length of the output', record.output_bytes, output?.length ?? 0],
    ['other_memory', 'SHA-256 of the memory', record.memory_sha256, made.memorySha256],
  ];
  const first = pairs.find(([, , recorded, again]) => recorded !== again);
  if (!first) return { kind: 'identical' };
  const [code, what, recorded, again] = first;
  return different(code, `the ${what} is recorded as ${recorded}, and is ${again}`, `${recorded}`, `${again}`);
}

const different = (code: Different['code'], words: string, recorded: string, made: string): Different => {
  return { kind: 'different', code, words, recorded, made };
};

/** @returns the SHA-256 of what is missing, if anything is */
async function takeAll(record: ExecutionRecord, blobs: Blobs): Promise<Map<string, Uint8Array> | string[]> {
  const taken = new Map<string, Uint8Array>();
  const missing: string[] = [];
  for (const sha256 of takenBy(record)) {
    const bytes = await blobs(sha256);
    if (bytes && sha256Hex(bytes) === sha256) taken.set(sha256, bytes);
    else missing.push(sha256);
  }
  return missing.length > 0 ? missing : taken;
}

function requestOf(
  record: ExecutionRecord,
  taken: ReadonlyMap<string, Uint8Array>,
  calls: readonly HostCall[],
): SkillRequest {
  const { module_sha256, abi, entry, args, input_sha256, files, limits, grants, seed, now } = record;
  return {
    moduleSha256: module_sha256,
    module: taken.get(module_sha256)!,
    abi,
    entry: entry ?? undefined,
    args,
    files: Object.fromEntries(Object.entries(files).map(([path, sha256]) => [path, taken.get(sha256)!])),
    input: taken.get(input_sha256)!,
    // How long it may take is the machine's, not the run's: a slower one gets all the time there is.
    limits: { ...limits, wallMs: LIMITS.skillTimeoutMs },
    grants,
    seed,
    now,
    calls,
  };
}

function readCalls(bytes: Uint8Array): HostCall[] | undefined {
  const calls = parseRecordedCalls(jsonOf(bytes));
  const read = calls?.flatMap((call): HostCall[] => {
    const request = fromBase64(call.request_b64);
    if (!request) return [];
    if ('error' in call) return [{ name: call.name, request, error: call.error }];
    const response = fromBase64(call.response_b64);
    return response ? [{ name: call.name, request, response }] : [];
  });
  return read?.length === calls?.length ? read : undefined;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
