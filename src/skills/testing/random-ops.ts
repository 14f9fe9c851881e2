/** Instructions that take operands and leave one value, by what they leave: for the random modules. */
import { i32, sleb } from './bytes';
import type { Random } from './random';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;

export interface Operation {
  code: number[];
  takes: readonly number[];
  /** Whether the result's NaN bits, or those of what it takes, can be seen: reinterpretations, lanes of vectors. */
  shows: boolean;
}

const TYPES: Readonly<Record<string, number>> = { i: I32, l: I64, f: F32, d: F64, v: V128 };

/** `first-last takes>leaves`, opcodes in hex; `!` after: NaN bits can be seen through it. */
const PLAIN = `
45-45 i>i|46-4f ii>i|50-50 l>i|51-5a ll>i|5b-60 ff>i|61-66 dd>i|67-69 i>i|6a-78 ii>i|79-7b l>l|7c-8a ll>l
8b-8c f>f!|8d-91 f>f|92-97 ff>f|98-98 ff>f!|99-9a d>d!|9b-9f d>d|a0-a5 dd>d|a6-a6 dd>d!
a7-a7 l>i|a8-a9 f>i|aa-ab d>i|ac-ad i>l|ae-af f>l|b0-b1 d>l|b2-b3 i>f|b4-b5 l>f|b6-b6 d>f|b7-b8 i>d|b9-ba l>d|bb-bb f>d
bc-bc f>i!|bd-bd d>l!|be-be i>f!|bf-bf l>d!|c0-c1 i>i|c2-c4 l>l`;
const SATURATING = '0-1 f>i|2-3 d>i|4-5 f>l|6-7 d>l';
const SIMD = `
e-e vv>v|f-11 i>v|12-12 l>v|13-13 f>v!|14-14 d>v!|23-4c vv>v|4d-4d v>v|4e-51 vv>v|52-52 vvv>v|53-53 v>i|5e-5f v>v!
60-62 v>v|63-64 v>i|65-66 vv>v|67-6a v>v!|6b-6d vi>v|6e-73 vv>v|74-75 v>v!|76-79 vv>v|7a-7a v>v!|7b-7b vv>v
7c-81 v>v|82-82 vv>v|83-84 v>i|85-86 vv>v|87-8a v>v|8b-8d vi>v|8e-93 vv>v|94-94 v>v!|95-99 vv>v|9b-9f vv>v
a0-a1 v>v|a3-a4 v>i|a7-aa v>v|ab-ad vi>v|ae-ae vv>v|b1-b1 vv>v|b5-ba vv>v|bc-bf vv>v|c0-c1 v>v|c3-c4 v>i
c7-ca v>v|cb-cd vi>v|ce-ce vv>v|d1-d1 vv>v|d5-df vv>v|e0-e1 v>v|e3-e3 v>v!|e4-e9 vv>v!|ea-eb vv>v|ec-ed v>v
ef-ef v>v!|f0-f5 vv>v!|f6-f7 vv>v|f8-ff v>v`;

function read(table: string, prefix: number[], into: Map<number, Operation[]>): void {
  for (const entry of table.trim().split(/[|\n]/)) {
    const [range, shape] = entry.split(' ');
    const [first, last] = range!.split('-').map((text) => parseInt(text, 16));
    const [takes, leaves] = shape!.split('>');
    for (let number = first!; number <= last!; number++) {
      const code = prefix[0] === 0xfd && number > 127 ? [...prefix, (number & 0x7f) | 0x80, 1] : [...prefix, number];
      const type = TYPES[leaves![0]!]!;
      const list = into.get(type) ?? [];
      into.set(type, list);
      list.push({ code, takes: [...takes!].map((letter) => TYPES[letter]!), shows: leaves!.endsWith('!') });
    }
  }
}

export const OPERATIONS: ReadonlyMap<number, readonly Operation[]> = (() => {
  const operations = new Map<number, Operation[]>();
  read(PLAIN, [], operations);
  read(SATURATING, [0xfc], operations);
  read(SIMD, [0xfd], operations);
  // Lanes of a vector.
  for (const [opcode, type] of [
    [0x15, I32],
    [0x16, I32],
    [0x18, I32],
    [0x19, I32],
    [0x1b, I32],
    [0x1d, I64],
    [0x1f, F32],
    [0x21, F64],
  ] as const)
    operations.get(type)!.push({ code: [0xfd, opcode, 1], takes: [V128], shows: type === F32 || type === F64 });
  return operations;
})();

export const NUMBERS = [I32, I64, F32, F64] as const;
/** Types of the globals: the budget of random modules, then one of each. */
export const GLOBALS = [I32, ...NUMBERS, V128];

/** Opcode and type. */
export const LOADS: readonly [number[], number][] = [
  ...[0x28, 0x2c, 0x2d, 0x2e, 0x2f].map((opcode): [number[], number] => [[opcode], I32]),
  ...[0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35].map((opcode): [number[], number] => [[opcode], I64]),
  [[0x2a], F32],
  [[0x2b], F64],
  ...[0, 1, 4, 7, 10, 0x5c, 0x5d].map((number): [number[], number] => [[0xfd, number], V128]),
];
export const STORES: readonly [number[], number][] = [
  ...[0x36, 0x3a, 0x3b].map((opcode): [number[], number] => [[opcode], I32]),
  ...[0x37, 0x3c, 0x3d, 0x3e].map((opcode): [number[], number] => [[opcode], I64]),
  [[0x38], F32],
  [[0x39], F64],
  [[0xfd, 11], V128],
];

export const INTERESTING = [0, 1, -1, 2, 7, 63, 64, 0x7fffffff, -0x80000000, 1_000_000];
const FLOATS = [0, -0, 1, -1.5, NaN, Infinity, -Infinity, 1e300, 5e-324, 2 ** 31, -(2 ** 63)];

/** A constant; with `random`, floats and vectors of any kind. */
export function constant(type: number, value: number, random?: Random): number[] {
  if (type === I32) return i32(value);
  if (type === I64) return [0x42, ...sleb(BigInt(value))];
  const float = random?.pick(FLOATS) ?? value;
  if (type === F32) return [0x43, ...new Uint8Array(Float32Array.of(float).buffer)];
  if (type === F64) return [0x44, ...new Uint8Array(Float64Array.of(float).buffer)];
  return [0xfd, 12, ...Array.from({ length: 16 }, () => (random?.once(2) ? random.below(256) : value & 0xff))];
}
