import { LIMITS } from '../protocol/limits';
import { checkRequest } from './limits';
import { jobOf } from './local';
import { Modules } from './modules';
import { effectiveGas } from './price';
import { runOnce } from './run';
import type { SkillRunner } from './types';

/**
 * Runs skills in this very thread, without a world: for replays, in a worker or process that does nothing else. It
 * stands still until the run ends; gas bounds that, and no clock does.
 */
export function createInlineRunner(): SkillRunner {
  const modules = new Modules(LIMITS.skillModules);
  return {
    run: async (request, { onProgress = () => undefined } = {}) => {
      checkRequest(request);
      const gas = effectiveGas(request);
      const job = jobOf(request, await modules.get(request), gas, false);
      return await runOnce(job, { progress: onProgress });
    },
  };
}
