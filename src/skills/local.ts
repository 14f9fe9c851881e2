import { sha256Hex } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { admitModule } from './admit';
import type { SkillPool } from './pool';
import { SkillError, type SkillLimits, type SkillRequest, type SkillRunner } from './types';

/** What the product allows of each limit that a work order may set. */
const MOST: Readonly<SkillLimits> = {
  memoryPages: LIMITS.skillMemoryPages,
  wallMs: LIMITS.skillTimeoutMs,
  outputBytes: LIMITS.skillOutputBytes,
};

/** @throws SkillError `bad_limits` or `input_too_large` */
export function checkRequest({ limits, input }: SkillRequest): void {
  for (const name of Object.keys(MOST) as (keyof SkillLimits)[]) {
    if (Number.isInteger(limits[name]) && limits[name] >= 1 && limits[name] <= MOST[name]) continue;
    throw new SkillError('bad_limits', `The limit ${name} is ${limits[name]} and must be from 1 to ${MOST[name]}.`, {
      advice: 'Ask for a limit in that range.',
      details: { limit: name, most: MOST[name] },
    });
  }
  if (input.length <= LIMITS.skillInputBytes) return;
  throw new SkillError(
    'input_too_large',
    `The input has ${input.length} bytes and may have ${LIMITS.skillInputBytes}.`,
    {
      advice: 'Give the skill a smaller file.',
      details: { bytes: input.length, limit: LIMITS.skillInputBytes },
    },
  );
}

/** Runs skills in the workers of this realm's pool. Modules are admitted and compiled once, and kept by hash. */
export function createLocalRunner(pool: SkillPool): SkillRunner & { dispose(): void } {
  const modules = new ModuleCache();
  return {
    run: async (request, signal) => {
      checkRequest(request);
      const { input, limits } = request;
      const module = await modules.get(request);
      return await pool.run({ module, input, outputBytes: limits.outputBytes }, limits.wallMs, signal);
    },
    dispose: () => pool.dispose(),
  };
}

/** The least recently used goes first. What was admitted depends on the limits and grants too, so they are in the key. */
class ModuleCache {
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  async get({ module, moduleSha256, limits, grants }: SkillRequest): Promise<WebAssembly.Module> {
    const key = JSON.stringify([moduleSha256, limits.memoryPages, [...grants].sort()]);
    const compiled = this.#modules.get(key) ?? prepare(module, moduleSha256, limits.memoryPages, grants);
    this.#modules.delete(key);
    this.#modules.set(key, compiled);
    for (const oldest of this.#modules.keys()) {
      if (this.#modules.size <= LIMITS.skillModules) break;
      this.#modules.delete(oldest);
    }
    // A refusal is told each time from the bytes at hand.
    compiled.catch(() => this.#modules.delete(key));
    return await compiled;
  }
}

async function prepare(
  module: Uint8Array,
  hash: string,
  memoryPages: number,
  grants: readonly string[],
): Promise<WebAssembly.Module> {
  if (sha256Hex(module) !== hash) {
    throw new SkillError('hash_mismatch', 'The skill’s bytes are not the ones that were asked for.', {
      advice: 'Get the skill again from where it came.',
      details: { expected: hash },
    });
  }
  return await WebAssembly.compile(admitModule(module, { grants, memoryPages }).bounded);
}
