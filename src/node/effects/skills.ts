import { sha256Hex } from '../../crypto';
import type { Executor } from '../../governance';
import { SkillError, type SkillOutcome, type SkillRunner } from '../../skills';
import type { BlobStore } from '../../storage';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

/** Finds a module's bytes by their hash: a bundled one, or one that the owner brought. */
export type ModuleSource = (sha256: string) => Promise<Uint8Array | undefined>;

/** Runs one skill once, with nothing but what the order grants. */
export function skillsExecutor(
  door: EffectDoor,
  blobs: BlobStore,
  modules: ModuleSource,
  runner: SkillRunner,
): Executor {
  return {
    audience: 'skills',
    async execute(order, args, { signal }) {
      await door.check(order, 'skills', 'run_skill', args);
      const { skill, module_sha256, input_sha256, limits, grants } = parseArgs('run_skill', args);
      const module = await modules(module_sha256);
      if (!module) throw new SkillError('unknown_skill', `The module of ${skill} is not here.`);
      if (sha256Hex(module) !== module_sha256)
        throw new SkillError('hash_mismatch', `The bytes of ${skill} are not those that were pinned.`);
      const input = await blobs.get(input_sha256);
      if (!input) throw new EffectError('not_found', `The input of ${skill} is not here.`);
      const outcome = await runner.run({ moduleSha256: module_sha256, module, input, limits, grants }, signal);
      if (outcome.kind !== 'ok') throw asError(skill, outcome);
      return { output_sha256: await blobs.put(outcome.output), output_bytes: outcome.output.length };
    },
  };
}

function asError(skill: string, outcome: Exclude<SkillOutcome, { kind: 'ok' }>): SkillError {
  const details = { ms: outcome.ms };
  switch (outcome.kind) {
    case 'trap':
      return new SkillError('trap', `${skill} stopped with a trap: ${outcome.message}`, { details });
    case 'bad_output':
      return new SkillError('bad_output', `${skill} answered outside its bounds: ${outcome.message}`, { details });
    case 'host_fault':
      return outcome.reason === 'timeout'
        ? new SkillError('timeout', `${skill} did not end in its time.`, {
            details,
            advice: 'Give it less to do, or more time.',
          })
        : new SkillError('host_fault', `${skill} could not be run here: ${outcome.message}`, {
            details,
            advice: 'Try again.',
          });
  }
}
