import { isGrant, reachOf } from '../../src/protocol/grants';
import { LIMITS } from '../../src/protocol/limits';
import { SovereignError } from '../../src/protocol/errors';
import { admitModule, type ModuleInfo, type SkillAbi } from '../../src/skills';
import { UsageError } from './files';

const ABIS: readonly SkillAbi[] = ['raw', 'extism', 'wasi', 'quickjs'];

/** Every capability that a module could import; a host is any host. */
const ALL = ['log', 'progress', 'clock', 'random', 'config', 'memory.read', 'memory.write', 'mesh.send'];
export const EVERYTHING: readonly string[] = [...ALL, 'http.fetch:any.invalid'];
/** What a run on this machine has to give by itself. */
export const INSIDE: readonly string[] = ALL.filter((grant) => reachOf(grant) === 'inside');

export function readAbi(text: string | undefined): SkillAbi | undefined {
  if (text === undefined) return undefined;
  const abi = ABIS.find((name) => name === text);
  if (!abi) throw new UsageError(`--abi is one of ${ABIS.join(', ')}.`);
  return abi;
}

export function readGrants(texts: readonly string[]): string[] {
  const wrong = texts.find((text) => !isGrant(text));
  if (wrong !== undefined) throw new UsageError(`--grant ${wrong} is no capability that there is.`);
  return [...texts];
}

/** The ABI whose imports and exports the module has, or why it fits none. */
export function detectAbi(module: Uint8Array, entry?: string): { abi: SkillAbi; info: ModuleInfo } | SovereignError {
  let refusal: SovereignError | undefined;
  for (const abi of likelyFirst(module)) {
    try {
      const { info } = admitModule(module, { abi, entry, grants: EVERYTHING, memoryPages: LIMITS.skillMemoryPages });
      return { abi, info };
    } catch (error) {
      if (!(error instanceof SovereignError)) throw error;
      refusal ??= error;
    }
  }
  return refusal!;
}

/** By the module names that it imports from, so that a refusal is told in the words of the ABI that was meant. */
function likelyFirst(module: Uint8Array): SkillAbi[] {
  const text = new TextDecoder('latin1').decode(module.subarray(0, 65_536));
  const meant: SkillAbi = text.includes('wasi_snapshot_preview1')
    ? 'wasi'
    : text.includes('extism:host')
      ? 'extism'
      : 'raw';
  return [meant, ...(['raw', 'extism', 'wasi'] as const).filter((abi) => abi !== meant)];
}
