/**
 * Random valid modules that come to an end: each function and each round of a loop takes from one budget. They use every
 * kind of instruction that may be metered, with code that cannot be reached, blocks of many values, branches out of
 * anything, calls of the host and through tables, tail calls, growth and bulk operations.
 */
import { body, functionType, i32, leb, moduleOf, name, section, vector } from './bytes';
import { Random } from './random';
import { CodeGenerator, type RandomOptions, type Signature } from './random-code';
import { constant, F32, F64, GLOBALS, I32, I64, NUMBERS, V128 } from './random-ops';

const MUTABLE = 1;

/** Exports `memory`, `f0`, `f1`, …; imports `host.log (i32, i64) → i32`. Table 0 holds the functions. */
export function randomModule(seed: number, options: RandomOptions): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const types = [...NUMBERS, ...(options.simd ? [V128] : [])];
  // Type 0 is the host's; the functions' follow; blocks of many values use them too.
  const signatures: Signature[] = [{ params: [I32, I64], results: [I32] }];
  for (let more = 2 + random.below(4); more > 0; more--) signatures.push(randomSignature(random, types, signatures));
  const code = new CodeGenerator(random, options, signatures);
  const bodies = [...signatures.slice(1).map((signature) => code.body(signature)), hide(F32), hide(F64)];
  const all = [...signatures, ...[F32, F64].map((type) => ({ params: [type], results: [type] }))];
  const start = signatures[1]!.params.length + signatures[1]!.results.length === 0;
  return moduleOf(
    section(1, vector(all.map(({ params, results }) => functionType(params, results)))),
    section(2, vector([[...name('host'), ...name('log'), 0, 0]])),
    section(3, vector(bodies.map((_, i) => leb(i + 1)))),
    section(4, vector([[0x70, 0, 8]])),
    section(5, vector([random.once(2) ? [0, 1] : [1, 1, 3]])),
    section(6, vector(GLOBALS.map((type) => [type, MUTABLE, ...constant(type, type === I32 ? 300 : 7), 0x0b]))),
    section(7, vector([[...name('memory'), 2, 0], ...bodies.map((_, i) => [...name(`f${i}`), 0, i + 1])])),
    ...(start ? [section(8, [1])] : []),
    section(9, vector([[0, ...i32(0), 0x0b, ...vector(signatures.map((_, i) => leb(i)))]])),
    section(12, [1]),
    section(10, vector(bodies)),
    section(11, vector([[1, ...leb(64), ...Array.from({ length: 64 }, () => random.below(256))]])),
  );
}

/** The first function’s has nothing once in three times, so that it can be the start function. */
function randomSignature(random: Random, types: readonly number[], before: readonly Signature[]): Signature {
  if (before.length === 1 && random.once(3)) return { params: [], results: [] };
  const list = (most: number): number[] => Array.from({ length: random.below(most + 1) }, () => random.pick(types));
  return { params: list(4), results: list(random.once(3) ? 3 : 1) };
}

/** (x) → x = x ? x : 1 */
const hide = (type: typeof F32 | typeof F64): number[] =>
  body([], [0x20, 0, ...constant(type, 1), 0x20, 0, 0x20, 0, type === F32 ? 0x5b : 0x61, 0x1b]);
