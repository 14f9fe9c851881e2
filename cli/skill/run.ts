import { base64, fromUtf8, sha256Hex } from '../../src/crypto';
import { SovereignError } from '../../src/protocol/errors';
import { LIMITS } from '../../src/protocol/limits';
import type { SkillOutcome, SkillRequest } from '../../src/skills';
import { harmless, quoted } from '../run-view';
import { createNodeSkillRunner } from '../skill-runner';
import { detectAbi, INSIDE, readAbi, readGrants } from './abi';
import { readFileUpTo, UsageError, writeWhole } from './files';
import type { Tool, ToolValues } from './tool';

/** All randomness and the clock of a run on this command: the same in each, so that its digests are. */
const SEED = '0'.repeat(64);

/** `sovereign skill run FILE.wasm`: metered and bounded as in a node, but under no policy and in no log. */
export const runSkillFile: Tool = async ({ positionals: [path], values }, { out, err, skillThread }) => {
  if (path === undefined) throw new UsageError('Say which module to run.');
  const request = await readRequest(path, values);
  const runner = createNodeSkillRunner(skillThread);
  try {
    const outcome = await runner.run(request);
    const output = outcome.kind === 'ok' ? outcome.output : undefined;
    if (output && values.out !== undefined) await writeWhole(values.out, output);
    if (values.json) out(`${JSON.stringify(asJson(request, outcome), null, 2)}\n`);
    else tell(request, outcome, values.out, out, err);
    return outcome.kind === 'ok' ? 0 : 1;
  } finally {
    runner.dispose();
  }
};

async function readRequest(path: string, values: ToolValues): Promise<SkillRequest> {
  const gas = values.gas === undefined ? LIMITS.ownSkillGas : Number(values.gas);
  if (!Number.isSafeInteger(gas) || gas < 1 || gas > LIMITS.skillMaxGas)
    throw new UsageError(`--gas is a whole number from 1 to ${LIMITS.skillMaxGas}.`);
  const grants = [...INSIDE, ...readGrants(values.grant ?? [])];
  const asked = readAbi(values.abi);
  const module = await readFileUpTo(path, LIMITS.skillBytes);
  const input = values.input === undefined ? new Uint8Array() : await readInput(values.input);
  const found = asked === undefined ? detectAbi(module, values.function) : undefined;
  if (found instanceof SovereignError) throw found;
  return {
    moduleSha256: sha256Hex(module),
    module,
    abi: asked ?? found!.abi,
    entry: values.function,
    args: values.arg ?? [],
    input,
    limits: {
      memoryPages: LIMITS.skillMemoryPages,
      wallMs: LIMITS.skillTimeoutMs,
      outputBytes: LIMITS.skillOutputBytes,
      gas,
      hostCalls: LIMITS.skillMaxHostCalls,
      hostBytes: LIMITS.skillMaxHostBytes,
    },
    grants,
    seed: SEED,
    now: 0,
  };
}

async function readInput(path: string): Promise<Uint8Array> {
  if (path !== '-') return readFileUpTo(path, LIMITS.skillInputBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > LIMITS.skillInputBytes)
      throw new UsageError(`At most ${LIMITS.skillInputBytes} bytes of input are read.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function asJson({ moduleSha256, abi }: SkillRequest, outcome: SkillOutcome): object {
  const about = { module_sha256: moduleSha256, abi, outcome: outcome.kind };
  if (outcome.kind === 'host_fault')
    return { ...about, reason: outcome.reason, message: outcome.message, ms: outcome.ms };
  const { gas, hostCalls, hostBytes, memorySha256, logs, ms } = outcome;
  const output = outcome.kind === 'ok' ? outcome.output : undefined;
  return {
    ...about,
    message: outcome.kind === 'ok' ? null : outcome.message,
    gas,
    host_calls: hostCalls,
    host_bytes: hostBytes,
    memory_sha256: memorySha256,
    output_sha256: output ? sha256Hex(output) : null,
    output_bytes: output?.length ?? null,
    output: output ? (asText(output) ?? null) : null,
    output_base64: output ? base64(output) : null,
    logs,
    ms,
  };
}

function tell(
  { moduleSha256, abi }: SkillRequest,
  outcome: SkillOutcome,
  file: string | undefined,
  out: (text: string) => void,
  err: (text: string) => void,
): void {
  const line = (name: string, value: string | number): void => err(`${name.padEnd(9)}${harmless(String(value))}\n`);
  line('Module', `${moduleSha256}  ${abi}`);
  line('Outcome', outcome.kind);
  if (outcome.kind !== 'ok') line('Because', outcome.message);
  if (outcome.kind === 'host_fault') return;
  line('Gas', outcome.gas);
  line('Host', `${outcome.hostCalls} calls, ${outcome.hostBytes} bytes`);
  line('Memory', outcome.memorySha256);
  for (const note of outcome.logs) line('Log', note);
  if (outcome.kind !== 'ok') return;
  line('Output', `${sha256Hex(outcome.output)}  ${outcome.output.length} bytes`);
  if (file !== undefined) return line('File', quoted(file));
  const text = asText(outcome.output);
  if (text === undefined) err('The output is no text; --out FILE keeps it.\n');
  else out(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
