import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LIMITS } from '../src/protocol/limits';
import {
  createLocalRunner,
  parseOutcome,
  SkillPool,
  type SkillOutcome,
  type SkillRunner,
  type Thread,
} from '../src/skills';

/** The thread's script stands beside the bundle that this file is part of. */
const THREAD = new URL('./skill-thread.mjs', import.meta.url);
/** JavaScript's heap in a skill's thread: the glue needs little. WASM memory is bounded by the module's own maximum. */
const RESOURCES = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/**
 * Runs skills in worker threads. Idle ones do not keep the process alive; `dispose` ends them.
 * @param script the bundled cli/skill-thread.ts, where it is elsewhere than beside this file
 */
export function createNodeSkillRunner(script: URL = THREAD): SkillRunner & { dispose(): void } {
  const workers = Math.min(LIMITS.skillWorkers, availableParallelism());
  return createLocalRunner(new SkillPool({ workers, spawn: () => nodeThread(script) }));
}

function nodeThread(script: URL): Thread {
  // Nothing of the terminal's environment, arguments or streams is the skill's.
  const worker = new Worker(script, { resourceLimits: RESOURCES, env: {}, argv: [], execArgv: [], stdin: false });
  worker.unref();
  const lost = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`its thread ended with code ${code}`)));
  });
  lost.catch(() => undefined);
  return {
    run: (job) => {
      worker.ref();
      const outcome = new Promise<SkillOutcome>((resolve, reject) => {
        worker.once('message', (data: unknown) => {
          const answer = parseOutcome(data);
          if (answer) resolve(answer);
          else reject(new Error('its thread answered with something else than an outcome'));
        });
        worker.once('messageerror', reject);
      });
      worker.postMessage(job);
      return Promise.race([outcome, lost]);
    },
    end: async () => {
      await worker.terminate();
    },
  };
}
