import { utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { SkillError } from '../../skills';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import { openMesh } from '../mesh/door';
import type { Machine } from '../node';
import type { Running } from '../running';
import { SkillRuns } from './skill-runs';

type SkillHandlers = Pick<Handlers, 'RunSkill' | 'DelegateSkill' | 'StopSkill' | 'InspectSkill' | 'RunWasm'>;

export function skillHandlers(machine: Machine, running: () => Running): SkillHandlers {
  const { schedule, events, options } = machine;
  const runs = new SkillRuns({
    clock: options.clock,
    schedule,
    mesh: () => openMesh(machine),
    tell: (event) => events.emit(event),
  });
  return {
    InspectSkill: async ({ sha256 }) => {
      const bytes = await running().storage.blobs.get(sha256);
      if (!bytes) throw new NodeError('not_found', 'That module is not here.');
      const { admitModule } = await import('../../skills/admission');
      const { info } = admitModule(bytes, { memoryPages: LIMITS.skillMemoryPages, grants: [] });
      return { imports: info.imports.map((i) => i.name), exports: info.exports.map((e) => e.name), bytes: info.bytes };
    },
    RunSkill: (asked) => runs.run(running(), asked),
    DelegateSkill: (asked) => runs.delegate(running(), asked),
    StopSkill: ({ call }) => Promise.resolve(runs.stop(call)),
    RunWasm: async ({ path, input }) => {
      const input_sha256 = await running().storage.blobs.put(utf8(input));
      const result = await runs.run(running(), { skill: path, input_sha256 });
      if (result.outcome !== 'ok')
        throw new SkillError(result.outcome, result.message ?? 'The skill did not end well.');
      return result.text ?? '';
    },
  };
}
