/** Builds small modules byte by byte, good and bad, for tests. */
import { concat, sha256Hex, utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Link } from './abi/host';
import { admitModule } from './admit';
import { checkRequest } from './limits';
import { jobOf } from './local';
import { effectiveGas } from './price';
import { hashed, runToEnd, type Job } from './run';
import type { SkillOutcome, SkillRequest } from './types';

export const I32 = 0x7f;
export const I64 = 0x7e;
const FUNCTION = 0x60;

export interface Recipe {
  /** Instructions of `alloc` and `run`, without the final `end`. */
  alloc?: number[];
  run?: number[];
  /** Names and kinds (0 function, 1 table, 2 memory, 3 global) of the imports; functions take and give nothing. */
  imports?: { module: string; name: string; kind: number }[];
  /** Limits of the memory as encoded; by default one page, no maximum. Undefined in the array's place: no memory. */
  memory?: number[] | null;
  /** Replaces the names under which memory, alloc and run are exported. */
  exports?: { name: string; kind: number; index: number }[];
  /** A start function's instructions. */
  start?: number[];
  /** Encoded table limits. */
  table?: number[];
}

export function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

/** Signed LEB128, as constants have it. */
export function sleb(value: bigint): number[] {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && byte < 64) || (rest === -1n && byte >= 64);
    out.push(done ? byte : byte + 128);
    if (done) return out;
  }
}

export const i32Const = (value: number): number[] => [0x41, ...sleb(BigInt(value))];
export const i64Const = (value: bigint): number[] => [0x42, ...sleb(BigInt.asIntN(64, value))];
/** What `run` answers for these bytes of its memory. */
export const answering = (pointer: number, length: number): number[] =>
  i64Const((BigInt(pointer) << 32n) | BigInt(length));

export function section(id: number, contents: number[]): number[] {
  return [id, ...leb(contents.length), ...contents];
}
const vector = (items: number[][]): number[] => [...leb(items.length), ...items.flat()];
const name = (text: string): number[] => [...leb(utf8(text).length), ...utf8(text)];

export const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** By default a skill that answers its input: alloc gives 1024, run packs what it got. */
export function buildModule(recipe: Recipe = {}): Uint8Array<ArrayBuffer> {
  const alloc = recipe.alloc ?? i32Const(1024);
  const echo = [0x20, 0, 0xad, ...i64Const(32n), 0x86, 0x20, 1, 0xad, 0x84];
  const bodies = [alloc, recipe.run ?? echo, ...(recipe.start ? [recipe.start] : [])];
  const imports = recipe.imports ?? [];
  const first = imports.filter(({ kind }) => kind === 0).length;
  const exports = recipe.exports ?? [
    { name: 'memory', kind: 2, index: 0 },
    { name: 'alloc', kind: 0, index: first },
    { name: 'run', kind: 0, index: first + 1 },
  ];
  const described = [[0], [0x70, 0, 0], [0, 0], [I32, 0]];
  const types = [
    [FUNCTION, 0, 0],
    [FUNCTION, 1, I32, 1, I32],
    [FUNCTION, 2, I32, I32, 1, I64],
  ];
  const memory = recipe.memory === undefined ? [0, 1] : recipe.memory;
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, vector(types)),
    ...section(
      2,
      vector(imports.map((item) => [...name(item.module), ...name(item.name), item.kind, ...described[item.kind]!])),
    ),
    ...section(3, vector([[1], [2], ...(recipe.start ? [[0]] : [])])),
    ...(recipe.table ? section(4, vector([[0x70, ...recipe.table]])) : []),
    ...(memory ? section(5, vector([memory])) : []),
    ...section(7, vector(exports.map((item) => [...name(item.name), item.kind, ...leb(item.index)]))),
    ...(recipe.start ? section(8, leb(first + 2)) : []),
    ...section(10, vector(bodies.map((body) => [...leb(body.length + 2), 0, ...body, 0x0b]))),
  ]);
}

const LOOP_FOREVER = [0x03, 0x40, 0x0c, 0, 0x0b];
/** Skills that are each bad in one way, all of them valid modules. */
export const BAD_SKILLS = {
  traps: buildModule({ run: [0x00] }),
  trapsInAlloc: buildModule({ alloc: [0x00] }),
  trapsAtStart: buildModule({ start: [0x00] }),
  loopsForever: buildModule({ run: [...LOOP_FOREVER, 0x00] }),
  loopsAtStart: buildModule({ start: LOOP_FOREVER }),
  /** Grows page by page until it is refused, then answers no bytes from where its memory ends. */
  growsWithoutEnd: buildModule({
    run: [
      0x03,
      0x40,
      ...i32Const(1),
      0x40,
      0,
      ...i32Const(-1),
      0x47,
      0x0d,
      0,
      0x0b,
      0x3f,
      0,
      ...i32Const(16),
      0x74,
      0xad,
      ...i64Const(32n),
      0x86,
    ],
  }),
  recursesForever: buildModule({ run: [0x20, 0, 0x20, 1, 0x10, 1] }),
  allocOutside: buildModule({ alloc: i32Const(65_536 - 3) }),
  allocNegative: buildModule({ alloc: i32Const(-1) }),
  pointsOutside: buildModule({ run: answering(65_536 - 3, 4) }),
  pointsFarOutside: buildModule({ run: answering(0xffff_fff0, 32) }),
  giantLength: buildModule({ run: answering(0, 0xffff_ffff) }),
};

export function requestFor(module: Uint8Array, over: Partial<SkillRequest> = {}): SkillRequest {
  return {
    module,
    moduleSha256: sha256Hex(module),
    abi: 'raw',
    input: utf8('hello'),
    limits: {
      memoryPages: 16,
      // Gas ends a run in a test, never the clock of a busy machine.
      wallMs: LIMITS.skillTimeoutMs,
      outputBytes: 1_000,
      gas: LIMITS.skillGas,
      hostCalls: LIMITS.skillHostCalls,
      hostBytes: LIMITS.skillHostBytes,
    },
    grants: [],
    seed: '5e'.repeat(32),
    now: Date.UTC(2026, 0, 1),
    ...over,
  };
}

/** One run in this thread. @throws SkillError as a runner does */
export function runHere(request: SkillRequest, link: Partial<Link> = {}): SkillOutcome {
  checkRequest(request);
  const { module, abi, entry, grants, limits } = request;
  const { wasm } = admitModule(module, { abi, entry, grants, memoryPages: limits.memoryPages });
  const job = jobOf(request, new WebAssembly.Module(wasm), effectiveGas(request), link.call !== undefined);
  return runJob(job, link);
}

/** All at once, and so its memory is hashed by JavaScript. */
export function runJob(job: Job, link: Partial<Link> = {}): SkillOutcome {
  const { end, memory } = runToEnd(job, { progress: () => undefined, ...link });
  return hashed(end, sha256Hex(memory), 0);
}

/** A module with a custom section appended. */
export const withCustom = (module: Uint8Array, text: string): Uint8Array<ArrayBuffer> =>
  concat(module, Uint8Array.from(section(0, [...name(text), 1, 2, 3])));
