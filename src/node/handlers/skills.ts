import { isSha256, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { SkillRunResult } from '../../protocol/messages';
import { wanted, type SkillManifest } from '../../registry';
import { OWN_LIMITS, SkillError } from '../../skills';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import { skillView } from '../installs';
import type { Running } from '../running';
import { views } from './installs';

type SkillHandlers = Pick<Handlers, 'RunSkill' | 'InspectSkill' | 'RunWasm'>;

/** How a run that failed is told to the UI; anything else is an error of the request. */
const OUTCOMES: Partial<Record<string, SkillRunResult['outcome']>> = {
  trap: 'trap',
  out_of_gas: 'out_of_gas',
  stack_overflow: 'stack_overflow',
  exit: 'exit',
  bad_output: 'bad_output',
  timeout: 'host_fault',
  host_fault: 'host_fault',
};

export function skillHandlers(running: () => Running): SkillHandlers {
  return {
    InspectSkill: async ({ sha256 }) => {
      const bytes = await running().storage.blobs.get(sha256);
      if (!bytes) throw new NodeError('not_found', 'That module is not here.');
      const { admitModule } = await import('../../skills/admission');
      const { info } = admitModule(bytes, { memoryPages: LIMITS.skillMemoryPages, grants: [] });
      return { imports: info.imports.map((i) => i.name), exports: info.exports.map((e) => e.name), bytes: info.bytes };
    },
    RunSkill: ({ skill, input_sha256 }) => run(running(), skill, input_sha256),
    RunWasm: async ({ path, input }) => {
      const input_sha256 = await running().storage.blobs.put(utf8(input));
      const result = await run(running(), path, input_sha256);
      if (result.outcome !== 'ok')
        throw new SkillError(result.outcome, result.message ?? 'The skill did not end well.');
      return result.text ?? '';
    },
  };
}

async function run(node: Running, skill: string, input_sha256: string): Promise<SkillRunResult> {
  const pinned = node.skills.find(skill);
  const known = pinned ?? (await skillView(views(node), skill));
  if (!known && !isSha256(skill)) throw unknownSkill(skill);
  const args = known ? knownArgs(known, input_sha256) : ownArgs(skill, input_sha256);
  const started = Date.now();
  try {
    const { result, order, completedSeq, ms } = await node.asOwner({
      action: 'run_skill',
      resource: { type: 'Skill', id: known?.name ?? skill },
      args,
      context: {},
    });
    const { output_sha256, output_bytes } = result as { output_sha256: string; output_bytes: number };
    const output = await node.storage.blobs.get(output_sha256);
    const text = output && asText(output);
    return {
      outcome: 'ok',
      output_sha256,
      output_bytes,
      ...(text === undefined ? {} : { text }),
      ms,
      order_id: order.order_id,
      seq: completedSeq,
    };
  } catch (error) {
    const outcome = error instanceof SkillError ? OUTCOMES[error.code] : undefined;
    if (!outcome) throw error;
    return {
      outcome,
      message: (error as Error).message,
      ms: Date.now() - started,
      order_id: '',
      seq: node.log.size - 1,
    };
  }
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

const unknownSkill = (name: string): SkillError =>
  new SkillError('unknown_skill', `There is no skill named ${name}.`, { advice: 'Install it, or correct the name.' });

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
