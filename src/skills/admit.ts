/** What a module must and must not have to be run under given limits and grants, and the bounds put on it for that. */
import { concat } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { inspectModule, type ExternKind, type ModuleInfo, type SizeLimits } from './inspect';
import { invalid } from './reader';
import { SkillError } from './types';

/** The raw ABI's exports (docs/skill-abi.md): kind, and for functions the signature. */
const ABI: readonly { name: string; kind: ExternKind; signature?: string; optional?: true }[] = [
  { name: 'memory', kind: 'memory' },
  { name: 'alloc', kind: 'function', signature: '(i32)->i32' },
  { name: 'run', kind: 'function', signature: '(i32,i32)->i64' },
  { name: '_initialize', kind: 'function', signature: '()->()', optional: true },
];

/** Imports that a host of this version can serve when they are granted. The capabilities of later ABIs go here. */
const SERVED: ReadonlySet<string> = new Set();

export interface Admission {
  grants: readonly string[];
  /** 64 KiB pages that the module may have at most. */
  memoryPages: number;
}

/**
 * Checks a module at the door and returns the bytes to compile: the original, with a maximum added to every memory and
 * table that names none, so that growth without end stops at `memory.grow` = −1 and not at the machine's limit. The
 * original's hash stays the module's identity.
 *
 * @throws SkillError `not_wasm`, `invalid_module`, `import_not_granted`, `missing_export`, `bad_export` or
 *   `memory_over_limit`, with `details.offset` where a byte is to blame.
 */
export function admitModule(
  bytes: Uint8Array,
  admission: Admission,
): { info: ModuleInfo; bounded: Uint8Array<ArrayBuffer> } {
  const info = inspectModule(bytes);
  checkImports(info, admission.grants);
  checkExports(info);
  for (const memory of info.memories) checkMemory(memory, admission.memoryPages);
  for (const table of info.tables) checkTable(table);
  // The original, since bounds may not make a module valid that is not; `slice` because validate wants an unshared buffer.
  const original = bytes.slice();
  if (!WebAssembly.validate(original)) throw invalid('the engine refuses its code', 0);
  return { info, bounded: bound(original, info, admission.memoryPages) };
}

function checkImports(info: ModuleInfo, grants: readonly string[]): void {
  for (const { name, kind, offset } of info.imports) {
    if (grants.includes(name) && SERVED.has(name)) continue;
    throw new SkillError('import_not_granted', `The skill wants the ${kind} “${name}”, which it was not given.`, {
      advice: 'Use a skill that does without it, or one built for this version of the node.',
      details: { import: name, kind, offset },
    });
  }
}

function checkExports(info: ModuleInfo): void {
  for (const { name, kind, signature, optional } of ABI) {
    const found = info.exports.find((item) => item.name === name);
    if (!found && optional) continue;
    const advice = 'Build the skill for the raw ABI; see docs/skill-abi.md.';
    if (!found)
      throw new SkillError('missing_export', `The skill does not export “${name}”.`, {
        advice,
        details: { export: name },
      });
    const is = found.kind === 'function' ? info.functions[found.index] : undefined;
    if (found.kind === kind && is === signature) continue;
    throw new SkillError(
      'bad_export',
      `The skill’s “${name}” is ${is ?? `a ${found.kind}`} and should be ${signature ?? `a ${kind}`}.`,
      {
        advice,
        details: { export: name, offset: found.offset },
      },
    );
  }
}

function checkMemory(memory: SizeLimits, pages: number): void {
  const wanted = Math.max(memory.min, memory.max ?? 0);
  if (wanted <= pages) return;
  throw new SkillError('memory_over_limit', `The skill wants ${wanted} pages of memory and may have ${pages}.`, {
    advice: 'Give it more memory, or build it with a smaller maximum.',
    details: { wanted, limit: pages, offset: memory.start },
  });
}

function checkTable(table: SizeLimits): void {
  const wanted = Math.max(table.min, table.max ?? 0);
  if (wanted > LIMITS.skillTableEntries)
    throw invalid(`a table of ${wanted} entries is larger than ${LIMITS.skillTableEntries}`, table.start);
}

/** Rewrites the table and memory sections; all others are copied. */
function bound(bytes: Uint8Array<ArrayBuffer>, info: ModuleInfo, pages: number): Uint8Array<ArrayBuffer> {
  const open = [
    ...info.tables.map((table) => ({ ...table, limit: LIMITS.skillTableEntries })),
    ...info.memories.map((memory) => ({ ...memory, limit: pages })),
  ].filter(({ max }) => max === undefined);
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const section of info.sections) {
    const inside = open.filter(({ start }) => section.start <= start && start < section.end);
    if (inside.length === 0) continue;
    const contents: Uint8Array[] = [];
    let at = section.start;
    for (const { start, end, min, limit } of inside) {
      contents.push(bytes.subarray(at, start), Uint8Array.of(1, ...leb(min), ...leb(limit)));
      at = end;
    }
    const rewritten = concat(...contents, bytes.subarray(at, section.end));
    parts.push(bytes.subarray(copied, section.header), Uint8Array.of(section.id, ...leb(rewritten.length)), rewritten);
    copied = section.end;
  }
  return concat(...parts, bytes.subarray(copied));
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}
