/** What a module must and must not have to be run under given limits and grants, and its metered form. */
import { LIMITS } from '../protocol/limits';
import { abiOf } from './abi';
import type { Served, Wanted } from './abi/types';
import { instrument, type ModuleInfo } from './instrument';
import { SkillError, type SkillAbi } from './types';

export interface Admission {
  abi?: SkillAbi | undefined;
  /** The export to call, where the ABI leaves that open. */
  entry?: string | undefined;
  grants: readonly string[];
  /** 64 KiB pages that the module may have at most. */
  memoryPages: number;
}

/**
 * Checks a module at the door and returns what is compiled: the original, metered (docs/metering.md). The original's hash
 * stays the module's identity.
 *
 * @throws SkillError `not_wasm`, `invalid_module`, `unsupported_feature`, `import_not_granted`, `missing_export`,
 *   `bad_export` or `memory_over_limit`, with `details.rule` and `details.offset` where a byte is to blame.
 */
export function admitModule(
  bytes: Uint8Array,
  { abi = 'raw', entry, grants, memoryPages }: Admission,
): { info: ModuleInfo; wasm: Uint8Array<ArrayBuffer> } {
  const rules = abiOf(abi);
  // The original, since metering may make a module valid that was not; `slice` because validate wants an unshared buffer.
  const valid = WebAssembly.validate(bytes.slice());
  const { info, wasm } = instrument(bytes, {
    memoryPages,
    tableEntries: LIMITS.skillTableEntries,
    floatImports: rules.floatImports ?? false,
  });
  if (!valid) {
    throw new SkillError('invalid_module', 'Not a valid WebAssembly module: the engine refuses its code.', {
      advice: 'Build the module again, or get an undamaged copy of it.',
      details: { rule: 'invalid', ...offsetIn(bytes) },
    });
  }
  for (const wanted of info.imports) checkImport(wanted, rules.served.get(wanted.name), grants);
  for (const wanted of rules.wanted(entry)) checkExport(info, wanted, abi);
  return { info, wasm };
}

/** The byte at which the engine refuses a module, where it tells one: V8 says `@+123`, SpiderMonkey `at offset 123`. */
function offsetIn(bytes: Uint8Array): { offset?: number } {
  try {
    new WebAssembly.Module(bytes.slice());
  } catch (error) {
    const found = /(?:@\+|at offset )(\d+)/.exec(String(error));
    if (found) return { offset: Number(found[1]) };
  }
  return {};
}

function checkImport(
  { name, kind, signature, offset }: ModuleInfo['imports'][number],
  served: Served | undefined,
  grants: readonly string[],
): void {
  const granted = served?.grant === undefined || grants.some((grant) => covers(grant, served.grant!));
  const isOfKind = kind === (served?.signature === undefined ? 'memory' : 'function');
  if (served && granted && isOfKind && signature === served.signature) return;
  const why =
    served && granted
      ? `as ${signature ?? `a ${kind}`}, and it is ${served.signature ?? 'a memory'}`
      : 'which it was not given';
  throw new SkillError('import_not_granted', `The skill wants the ${kind} “${name}”, ${why}.`, {
    advice: 'Use a skill that does without it, or one built for this version of the node.',
    details: { import: name, kind, offset },
  });
}

/** `http.fetch:example.org` covers `http.fetch`: which host is judged call by call. */
const covers = (grant: string, wanted: string): boolean => grant === wanted || grant.startsWith(`${wanted}:`);

function checkExport(info: ModuleInfo, { name, kind, signatures, optional }: Wanted, abi: SkillAbi): void {
  const found = info.exports.find((item) => item.name === name);
  if (!found && optional) return;
  const advice = `Build the skill for the ABI “${abi}”; see docs/skill-abi.md.`;
  if (!found)
    throw new SkillError('missing_export', `The skill does not export “${name}”.`, {
      advice,
      details: { export: name },
    });
  const is = found.kind === 'function' ? info.functions[found.index] : undefined;
  if (found.kind === kind && (!signatures || (is !== undefined && signatures.includes(is)))) return;
  const should = signatures?.join(' or ') ?? `a ${kind}`;
  throw new SkillError('bad_export', `The skill’s “${name}” is ${is ?? `a ${found.kind}`} and should be ${should}.`, {
    advice,
    details: { export: name, offset: found.offset },
  });
}
