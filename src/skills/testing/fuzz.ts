/** Feeds mutated modules to the instrumenter: in the tests some, in the nightly script many. */
import { instrument } from '../instrument';
import { SkillError } from '../types';
import { mutants } from './mutate-module';

export interface FuzzTally {
  modules: number;
  /** By rule. */
  refused: Record<string, number>;
  /** Valid before, and valid after. */
  instrumented: number;
  /** Not valid, which only the engine’s check of types found out. */
  invalid: number;
}

/**
 * @throws Error if anything but a typed refusal comes, or the engine refuses what was made of a valid module
 */
export function fuzzInstrumenter(seed: number, count: number): FuzzTally {
  const tally: FuzzTally = { modules: 0, refused: {}, instrumented: 0, invalid: 0 };
  for (const bytes of mutants(seed)) {
    if (tally.modules++ >= count) break;
    const metered = attempt(bytes, tally);
    if (!metered) continue;
    if (!WebAssembly.validate(bytes)) tally.invalid += 1;
    else if (WebAssembly.validate(metered)) tally.instrumented += 1;
    else throw new Error(`The engine refuses what was made of module ${tally.modules} of seed ${seed}.`);
  }
  tally.modules -= 1;
  return tally;
}

function attempt(bytes: Uint8Array, tally: FuzzTally): Uint8Array<ArrayBuffer> | undefined {
  try {
    return instrument(bytes, { memoryPages: 64, tableEntries: 1_000 }).wasm;
  } catch (error) {
    const rule = error instanceof SkillError ? error.details['rule'] : undefined;
    const offset = error instanceof SkillError ? error.details['offset'] : undefined;
    const typed = typeof rule === 'string' && typeof offset === 'number' && offset >= 0 && offset <= bytes.length;
    if (!typed)
      throw new Error(`Module ${tally.modules} ended in ${String(error)} at ${String(offset)}.`, { cause: error });
    tally.refused[rule] = (tally.refused[rule] ?? 0) + 1;
    return undefined;
  }
}
