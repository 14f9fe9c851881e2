import { jcsBytes, sha256Hex } from '../../crypto';
import type { Executor } from '../../governance';
import { LIMITS } from '../../protocol/limits';
import { fullLimits } from '../../protocol/run-limits';
import type { JsonObject } from '../../protocol/json';
import { effectiveGas, inIppc, SkillError, type SkillOutcome, type SkillRunner } from '../../skills';
import type { BlobStore } from '../../storage';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';
import { executionRecord, seedOf, startOf } from './execution';
import { worldOf, type WorldParts } from './world';

/** Finds a module's bytes by their hash: a bundled one, or one that the owner brought. */
export type ModuleSource = (sha256: string) => Promise<Uint8Array | undefined>;

/** Runs one skill once, with nothing but what the order grants. */
export function skillsExecutor(
  door: EffectDoor,
  blobs: BlobStore,
  modules: ModuleSource,
  runner: SkillRunner,
  world: WorldParts,
): Executor {
  const file = async (name: string, sha256: string): Promise<Uint8Array> => {
    const bytes = await blobs.get(sha256);
    if (!bytes) throw new EffectError('not_found', `${name} is not here.`);
    return bytes;
  };
  return {
    audience: 'skills',
    async execute(order, args, { signal, onProgress }) {
      await door.check(order, 'skills', 'run_skill', args);
      const { skill, module_sha256, input_sha256, grants, ...stated } = parseArgs('run_skill', args);
      refuseLong(args);
      const module = await modules(module_sha256);
      if (!module) throw new SkillError('unknown_skill', `The module of ${skill} is not here.`);
      if (sha256Hex(module) !== module_sha256)
        throw new SkillError('hash_mismatch', `The bytes of ${skill} are not those that were pinned.`);
      const limits = fullLimits(stated.limits);
      const budget = stated.budget ?? undefined;
      const files = Object.entries(stated.files).map(async ([path, hash]) => [path, await file(path, hash)] as const);
      const request = {
        moduleSha256: module_sha256,
        module,
        abi: stated.abi,
        entry: stated.entry ?? undefined,
        args: stated.args,
        files: Object.fromEntries(await Promise.all(files)),
        input: await file(`The input of ${skill}`, input_sha256),
        // What the budget pays for is the limit that the record names, so that a replay needs no budget.
        limits: { ...limits, gas: effectiveGas({ limits, budget }) },
        grants,
        seed: seedOf(order),
        now: startOf(order),
      };
      const principal = `${order.principal.type}::${order.principal.id}`;
      const host = worldOf(world, order, skill, grants);
      const outcome = await runner.run(request, { signal, host, principal, onProgress });
      if (outcome.kind === 'host_fault') throw faultOf(skill, outcome);
      if (outcome.kind !== 'ok') {
        const execution = await executionRecord(blobs, request, outcome.kind, outcome, undefined);
        const ended = budget !== undefined && request.limits.gas < limits.gas ? budget : undefined;
        throw outcome.kind === 'out_of_gas' && ended !== undefined
          ? spent(skill, ended, outcome.ms, execution)
          : failureOf(skill, outcome, execution);
      }
      const { output } = outcome;
      const made = { sha256: await blobs.put(output), bytes: output.length };
      const execution = await executionRecord(blobs, request, 'ok', outcome, made);
      return { output_sha256: made.sha256, output_bytes: made.bytes, execution };
    },
  };
}

/** What a run was asked stands in its record too, and both must fit into an entry. */
function refuseLong(args: JsonObject): void {
  if (jcsBytes(args).length <= LIMITS.argumentsBytes / 2) return;
  throw new SkillError('bad_request', 'The skill’s arguments are too long to be recorded.', {
    advice: 'Give it fewer files or shorter arguments.',
  });
}

const FAILED = {
  trap: 'stopped with a trap',
  out_of_gas: 'used up its gas',
  stack_overflow: 'called too deep',
  bad_output: 'answered outside its bounds',
  exit: 'ended with an error',
} as const;

function failureOf(
  skill: string,
  { kind, message, ms }: Extract<SkillOutcome, { kind: keyof typeof FAILED }>,
  execution: JsonObject,
): SkillError {
  return new SkillError(kind, `${skill} ${FAILED[kind]}: ${message}`, {
    details: { ms, execution },
    ...(kind === 'out_of_gas' ? { advice: 'Give it less to do, or more gas.' } : {}),
  });
}

/** Its own gas would have lasted longer. */
function spent(skill: string, budget: number, ms: number, execution: JsonObject): SkillError {
  return new SkillError('out_of_gas', `${skill} was ended by its budget: the ${inIppc(budget)} are spent.`, {
    details: { ms, execution, budget },
    advice: 'Let it spend more, or give it less to do.',
  });
}

function faultOf(skill: string, { reason, message, ms }: Extract<SkillOutcome, { kind: 'host_fault' }>): SkillError {
  if (reason === 'timeout')
    return new SkillError('timeout', `${skill} did not end in its time.`, {
      details: { ms },
      advice: 'Give it less to do, or more time.',
    });
  return new SkillError('host_fault', `${skill} could not be run here: ${message}`, {
    details: { ms },
    advice: 'Try again.',
  });
}
