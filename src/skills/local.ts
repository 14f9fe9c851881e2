import { LIMITS } from '../protocol/limits';
import { Modules } from './modules';
import { checkRequest } from './limits';
import type { SkillPool } from './pool';
import { effectiveGas } from './price';
import type { Job } from './run';
import type { SkillRequest, SkillRunner } from './types';
import { World } from './world';

/** Runs skills in the workers of this realm's pool. Modules are admitted, instrumented and compiled once, and kept. */
export function createLocalRunner(pool: SkillPool): SkillRunner & { dispose(): void } {
  const modules = new Modules(LIMITS.skillModules);
  return {
    run: async (request, { signal, host, onProgress = () => undefined, principal } = {}) => {
      checkRequest(request);
      const gas = effectiveGas(request);
      const module = await modules.get(request);
      const world = new World(request.calls ? undefined : host, signal, pool.timers);
      return await pool.run({
        job: jobOf(request, module, gas, world.attached),
        wallMs: request.limits.wallMs,
        signal,
        principal,
        events: () => ({ onProgress, call: world.attempt() }),
      });
    },
    dispose: () => pool.dispose(),
  };
}

/** @param world whether the node answers calls of the world */
export function jobOf(request: SkillRequest, module: WebAssembly.Module, gas: number, world: boolean): Job {
  const { abi, entry, args = [], files = {}, input, limits, grants, seed, now, calls } = request;
  return { module, abi, entry, args, files, input, limits: { ...limits, gas }, grants, seed, now, calls, world };
}
