import { isSha256 } from '../../crypto';
import { executionIn, parseExecution, type ExecutionRecord } from '../../protocol/execution';
import { LIMITS } from '../../protocol/limits';
import type { SovereignError } from '../../protocol/errors';
import type { Params, SkillRunResult, SkillUse } from '../../protocol/messages';
import type { Clock } from '../../protocol/runtime';
import { wanted, type SkillManifest } from '../../registry';
import { OWN_LIMITS, priceOf, SkillError } from '../../skills';
import { NodeError } from '../errors';
import { skillView } from '../installs';
import { outcomeOfOrder } from '../outcomes';
import type { Running } from '../running';
import { NamedCalls, type CallParts, type Tell } from './calls';
import { views } from './installs';

type Asked = Params<'RunSkill'>;

interface Parts extends CallParts {
  clock: Clock;
}

/** How a run that failed is told to the UI; anything else is an error of the request. */
const OUTCOMES: Partial<Record<string, SkillRunResult['outcome']>> = {
  trap: 'trap',
  out_of_gas: 'out_of_gas',
  stack_overflow: 'stack_overflow',
  exit: 'exit',
  bad_output: 'bad_output',
  timeout: 'host_fault',
  host_fault: 'host_fault',
  cancelled: 'cancelled',
};

/** The runs of skills that the owner asks for: who asked with a name hears how far one is, and can stop it. */
export class SkillRuns {
  readonly #clock: Clock;
  readonly #calls: NamedCalls;

  constructor({ clock, ...parts }: Parts) {
    this.#clock = clock;
    this.#calls = new NamedCalls('skill_run', parts);
  }

  /** Whether there was one of that name under way. */
  stop(call: string): boolean {
    return this.#calls.stop(call);
  }

  /** @throws SovereignError for what never became a run, `cancelled` where it was stopped before its order was given. */
  run(node: Running, asked: Asked): Promise<SkillRunResult> {
    return this.#calls.during(asked.call, (tell, signal) => this.#run(node, asked, tell, signal));
  }

  async #run(node: Running, asked: Asked, tell: Tell, signal?: AbortSignal): Promise<SkillRunResult> {
    const clock = this.#clock;
    const { id, args } = await actOf(node, asked);
    const began = clock.now();
    let order: { order_id: string; seq: number } | undefined;
    const intent = { action: 'run_skill', resource: { type: 'Skill', id }, args, context: {} } as const;
    try {
      const { result, ms } = await node.asOwner(intent, {
        ...(signal ? { signal } : {}),
        onPending: () => tell('waiting'),
        onAuthorized: ({ order_id }, seq) => {
          order = { order_id, seq };
          tell('running');
        },
        onProgress: (permille, note) => tell('running', permille, note),
      });
      const { output_sha256, output_bytes } = result as { output_sha256: string; output_bytes: number };
      const output = await node.storage.blobs.get(output_sha256);
      const text = output && asText(output);
      const more = { output_sha256, output_bytes, ...(text === undefined ? {} : { text }) };
      return { outcome: 'ok', ...more, ms, ...(await ended(node, order!)) };
    } catch (error) {
      const outcome = error instanceof SkillError ? OUTCOMES[error.code] : undefined;
      if (!outcome || !order) throw error;
      const { message, advice } = error as SovereignError;
      const ms = clock.now() - began;
      return { outcome, message, ...(advice ? { advice } : {}), ms, ...(await ended(node, order)) };
    }
  }
}

/** What the log says of the end of a run: the entry, and what it used. */
async function ended(
  { log }: Running,
  { order_id, seq: from }: { order_id: string; seq: number },
): Promise<Pick<SkillRunResult, 'order_id' | 'seq' | 'used'>> {
  const entry = await outcomeOfOrder(log, order_id, from);
  if (!entry) throw new NodeError('not_found', 'The log has no outcome of this run.');
  const record = parseExecution(executionIn(entry.type, entry.data));
  return { order_id, seq: entry.seq, ...(record ? { used: useOf(record) } : {}) };
}

const useOf = ({ gas, host_calls, host_bytes, memory_sha256 }: ExecutionRecord): SkillUse => ({
  gas,
  price: priceOf(gas),
  host_calls,
  host_bytes,
  memory_sha256,
});

/** Which skill is meant, and what its order is to say. */
async function actOf(node: Running, { skill, input_sha256, budget }: Asked) {
  const known = node.skills.find(skill) ?? (await skillView(views(node), skill));
  if (!known && !isSha256(skill))
    throw new SkillError('unknown_skill', `There is no skill named ${skill}.`, {
      advice: 'Install it, or correct the name.',
    });
  const args = known ? knownArgs(known, input_sha256) : ownArgs(skill, input_sha256);
  return { id: known?.name ?? skill, args: { ...args, ...(budget === undefined ? {} : { budget }) } };
}

/** @param known `grants`: what the owner granted an installed one; a bundled one gets what it asks for */
const knownArgs = (known: SkillManifest & { grants?: string[] }, input_sha256: string) => ({
  skill: known.name,
  module_sha256: known.sha256,
  input_sha256,
  limits: { ...known.limits },
  grants: known.grants ?? wanted(known),
  ...(known.abi === 'raw' ? {} : { abi: known.abi }),
  ...(known.entry === undefined ? {} : { entry: known.entry }),
});

/** A module that the owner brought gets nothing and little. */
const ownArgs = (module_sha256: string, input_sha256: string) => ({
  skill: module_sha256,
  module_sha256,
  input_sha256,
  limits: { ...OWN_LIMITS },
  grants: [],
});

/** Text of at most a screenful's worth; longer or binary output is fetched by its hash. */
function asText(bytes: Uint8Array): string | undefined {
  if (bytes.length > LIMITS.entryBytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
