import { utf8 } from '../../crypto';
import { executionIn, parseExecution, type ExecutionRecord } from '../../protocol/execution';
import { LIMITS } from '../../protocol/limits';
import type { SovereignError } from '../../protocol/errors';
import type { DelegatedRunView, Params, SkillRunResult, SkillUse } from '../../protocol/messages';
import type { Clock } from '../../protocol/runtime';
import { priceOf, SkillError } from '../../skills';
import { NodeError } from '../errors';
import { outcomeOfOrder } from '../outcomes';
import type { NodeMesh } from '../mesh/node-mesh';
import type { Running } from '../running';
import { actOf, knownSkill, unknownSkill } from '../run-acts';
import { NamedCalls, type CallParts, type Tell } from './calls';

type Asked = Params<'RunSkill'>;

interface Parts extends CallParts {
  clock: Clock;
  mesh: () => Promise<Pick<NodeMesh, 'view'>>;
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
  readonly #mesh: Parts['mesh'];
  readonly #calls: NamedCalls;

  constructor({ clock, mesh, ...parts }: Parts) {
    this.#clock = clock;
    this.#mesh = mesh;
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

  /** On another member, in the same way. @throws SovereignError also where its answer is not believed */
  delegate(node: Running, asked: Params<'DelegateSkill'>): Promise<DelegatedRunView> {
    return this.#calls.during(asked.call, (tell, signal) => this.#delegate(node, asked, tell, signal));
  }

  async #delegate(
    node: Running,
    { member, skill, input }: Params<'DelegateSkill'>,
    tell: Tell,
    signal?: AbortSignal,
  ): Promise<DelegatedRunView> {
    const known = await knownSkill(node, skill);
    if (!known) throw unknownSkill(skill);
    // Who is no member is refused by the act itself.
    const name = (await this.#mesh()).view().members.find((one) => one.peer === member)?.name ?? '';
    const { blobs } = node.storage;
    const input_sha256 = 'text' in input ? await blobs.put(utf8(input.text)) : input.sha256;
    const args = { skill: known.name, module_sha256: known.sha256, input_sha256, member };
    const intent = { action: 'delegate_skill', resource: { type: 'Skill', id: known.name }, args } as const;
    const { result, order, completedSeq, ms } = await node.asOwner(
      { ...intent, context: { member } },
      {
        ...(signal ? { signal } : {}),
        onPending: () => tell('waiting'),
        onAuthorized: () => tell('running'),
        onProgress: (permille, note) => tell('running', permille, note),
      },
    );
    const { member: peer, outcome, output_sha256, output_bytes, message, ...proven } = result as unknown as Delegated;
    const output = output_sha256 === null ? undefined : await blobs.get(output_sha256);
    const text = output && asText(output);
    return {
      outcome: OUTCOMES[outcome] ?? 'ok',
      ...(message === undefined ? {} : { message }),
      ...(output_sha256 === null ? {} : { output_sha256, output_bytes }),
      ...(text === undefined ? {} : { text }),
      ...{ ms, order_id: order.order_id, seq: completedSeq },
      on: { peer, name, ...proven },
    };
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

/** As the executor answers. */
type Delegated = Omit<DelegatedRunView['on'], 'peer' | 'name'> & {
  member: string;
  outcome: string;
  output_sha256: string | null;
  output_bytes: number;
  message?: string;
};

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

/** Text of at most a screenful's worth; longer or binary output is fetched by its hash. */
function asText(bytes: Uint8Array): string | undefined {
  if (bytes.length > LIMITS.entryBytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
