import { sha256Hex } from '../crypto';
import { admitModule } from './admit';
import { SkillError, type SkillRequest } from './types';

/**
 * Compiled modules, the least recently used going first. What is compiled depends on the ABI, the memory's limit and the
 * grants too, so they are in the key.
 */
export class Modules {
  readonly #most: number;
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws SkillError for a module that is refused; see {@link admitModule} */
  async get(request: SkillRequest): Promise<WebAssembly.Module> {
    const { moduleSha256, abi, entry, limits, grants } = request;
    const key = JSON.stringify([moduleSha256, abi, entry ?? null, limits.memoryPages, [...grants].sort()]);
    const compiled = this.#modules.get(key) ?? prepare(request);
    this.#modules.delete(key);
    this.#modules.set(key, compiled);
    for (const oldest of this.#modules.keys()) {
      if (this.#modules.size <= this.#most) break;
      this.#modules.delete(oldest);
    }
    // A refusal is told each time from the bytes at hand.
    compiled.catch(() => this.#modules.delete(key));
    return await compiled;
  }
}

async function prepare({
  module,
  moduleSha256,
  abi,
  entry,
  limits,
  grants,
}: SkillRequest): Promise<WebAssembly.Module> {
  if (sha256Hex(module) !== moduleSha256) {
    throw new SkillError('hash_mismatch', 'The skill’s bytes are not the ones that were asked for.', {
      advice: 'Get the skill again from where it came.',
      details: { expected: moduleSha256 },
    });
  }
  const { wasm } = admitModule(module, { abi, entry, grants, memoryPages: limits.memoryPages });
  try {
    return await WebAssembly.compile(wasm);
  } catch (error) {
    // A limit of this engine, or of its memory: no property of the skill.
    throw new SkillError('host_fault', 'The engine does not compile the skill with its metering.', {
      advice: 'Try another browser, or build the skill with smaller functions.',
      cause: error,
    });
  }
}
