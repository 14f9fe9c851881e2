import { LIMITS } from '../../src/protocol/limits';
import { instrument, METERING, SkillError } from '../../src/skills';
import { readFileUpTo, UsageError, writeWhole } from './files';
import type { Tool, ToolValues } from './tool';

const MOST_GAS = 2n ** 63n - 1n;

/** `sovereign skill instrument`: writes a module as a node runs it, with its gas baked in. */
export const instrumentSkill: Tool = async ({ positionals: [path], values }, { out }) => {
  if (path === undefined || values.output === undefined)
    throw new UsageError('Name the module, and with -o the output.');
  const mode = readMode(values);
  const initialGas = readGas(values);
  // More than a module may have: one that is too large is refused by its rule.
  const bytes = await readFileUpTo(path, 4 * LIMITS.skillBytes);
  const { wasm } = instrument(bytes, {
    memoryPages: LIMITS.skillMemoryPages,
    tableEntries: LIMITS.skillTableEntries,
    mode,
    initialGas,
    // Whoever links it decides what its imports are.
    floatImports: true,
  });
  checkOriginal(bytes);
  await writeWhole(values.output, wasm);
  out(`${METERING.version}, weights ${METERING.weights}: ${bytes.length} bytes became ${wasm.length}\n`);
  return 0;
};

/** As a node does: what is made of an invalid module may be valid. */
function checkOriginal(bytes: Uint8Array<ArrayBuffer>): void {
  try {
    new WebAssembly.Module(bytes);
  } catch (error) {
    const { message } = error as Error;
    const offset = Number(/@\+(\d+)/.exec(message)?.[1] ?? 0);
    throw new SkillError('invalid_module', message, { details: { rule: 'invalid', offset } });
  }
}

function readMode({ mode = 'fast' }: ToolValues): 'fast' | 'reference' {
  if (mode === 'fast' || mode === 'reference') return mode;
  throw new UsageError('--mode is fast or reference.');
}

function readGas({ 'initial-gas': gas = String(LIMITS.skillGas) }: ToolValues): bigint {
  const units = /^\d{1,19}$/.test(gas) ? BigInt(gas) : -1n;
  if (units >= 0n && units <= MOST_GAS) return units;
  throw new UsageError(`--initial-gas is a whole number up to ${MOST_GAS}.`);
}
