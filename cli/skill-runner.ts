import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LIMITS } from '../src/protocol/limits';
import { converse, createLocalRunner, SkillPool, type SkillRunner, type Thread } from '../src/skills';

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
    run: (job, events) => {
      worker.ref();
      const { outcome, hear, fail } = converse(job, events, (assignment) => worker.postMessage(assignment));
      worker.on('message', hear);
      worker.once('messageerror', fail);
      return Promise.race([outcome, lost]);
    },
    end: async () => {
      await worker.terminate();
    },
  };
}
