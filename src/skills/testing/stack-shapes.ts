/**
 * Functions that call themselves without end, in shapes that engines lay out differently: few and many parameters, locals,
 * operands and results, of each type, called directly and through a table. Each must end by our stack limit, before the
 * engine's own. The export is `run`, without parameters.
 */
import { body, functionType, i32, leb, moduleOf, name, section, vector } from './bytes';
import { constant, F32, F64, I32, I64, V128 } from './random-ops';

export interface StackShape {
  name: string;
  wasm: Uint8Array<ArrayBuffer>;
}

/** Parameters, locals, operands that wait during the call, results. */
const SIZES: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 1],
  [1, 4, 0, 1],
  [10, 0, 0, 1],
  [100, 0, 0, 1],
  [900, 0, 0, 1],
  [0, 20, 20, 1],
  [0, 1_000, 0, 1],
  [0, 5_000, 0, 1],
  [0, 0, 100, 1],
  [0, 0, 2_000, 1],
  [0, 0, 0, 30],
  [0, 0, 0, 500],
  [50, 50, 50, 50],
];
const TYPES = { i32: I32, i64: I64, f64: F64, v128: V128 } as const;
/** Of a warm shape: activations in a call, and values that it handles in all. */
const DEPTH = 10;
const WARM_WORK = 6_000_000;
/** Puts two values together. */
const JOIN: Readonly<Record<number, readonly number[]>> = {
  [I32]: [0x6a],
  [I64]: [0x7c],
  [F64]: [0xa0],
  [V128]: [0xfd, 0x51],
};

/**
 * 104 shapes.
 * @param warm each first calls itself often and not deeply, until engines have compiled it anew with all their care
 */
export function stackShapes(warm = false): StackShape[] {
  return Object.entries(TYPES).flatMap(([typeName, type]) =>
    SIZES.flatMap((size) =>
      [false, true].map((indirect) => ({
        name: `${typeName}: ${size.join(', ')}${indirect ? ', through a table' : ''}`,
        wasm: shape(type, size, indirect, warm),
      })),
    ),
  );
}

function shape(
  type: number,
  [params, locals, waiting, results]: readonly [number, number, number, number],
  indirect: boolean,
  warm: boolean,
): Uint8Array<ArrayBuffer> {
  const repeat = (count: number, code: (i: number) => readonly number[]): number[] =>
    Array.from({ length: count }, (_, i) => code(i)).flat();
  const one = constant(type, 1);
  const value = (i: number): number[] => (params + locals > 0 ? [0x20, ...leb(i % (params + locals))] : [...one]);
  const join = JOIN[type]!;
  // Global 0: how many activations are yet to come; a warm one ends at none, the last never comes to none.
  const shallow = [0x23, 0, 0x45, 0x04, 0x40, ...repeat(results, () => one), 0x0f, 0x0b];
  const down = [0x23, 0, ...i32(1), 0x6b, 0x24, 0];
  const recursive = [
    ...(warm ? [...shallow, ...down] : []),
    ...repeat(locals, (i) => [...(params > 0 && i % 3 === 0 ? [0x20, 0] : one), 0x21, ...leb(params + i)]),
    ...repeat(waiting, value),
    ...repeat(params, (i) => [0x20, ...leb(i)]),
    ...(indirect ? [...i32(0), 0x11, 0, 0] : [0x10, 0]),
    ...repeat(results - 1, () => [0x1a]),
    // What waited, and the locals, are needed after the call: they have to be kept somewhere.
    ...repeat(waiting, () => join),
    ...repeat(locals, (i) => [0x20, ...leb(params + i), ...join]),
    ...repeat(results - 1, () => one),
  ];
  const once = [...repeat(params, () => one), 0x10, 0, ...repeat(results, () => [0x1a])];
  const times = Math.max(100, Math.ceil(WARM_WORK / (DEPTH * (1 + params + locals + waiting + results))));
  const again = [0x20, 0, ...i32(1), 0x6a, 0x22, 0, ...i32(times), 0x49, 0x0d, 0];
  const often = [0x03, 0x40, ...i32(DEPTH), 0x24, 0, ...once, ...again, 0x0b, ...i32(-1), 0x24, 0];
  const start = [...(warm ? often : []), ...once];
  const same = (count: number): number[] => Array.from({ length: count }, () => type);
  return moduleOf(
    section(1, vector([functionType(same(params), same(results)), functionType([], [])])),
    section(3, [2, 0, 1]),
    section(4, vector([[0x70, 0, 1]])),
    section(6, vector([[I32, 1, ...i32(0), 0x0b]])),
    section(7, vector([[...name('run'), 0, 1]])),
    section(9, vector([[0, ...i32(0), 0x0b, 1, 0]])),
    section(10, vector([body(same(locals), recursive), body([I32], start)])),
  );
}

/**
 * Writes to memory what each float operation makes of each pair of infinities, zeros and NaNs with and without payload,
 * and stands in every way in which a NaN's bits can be seen. Exports `memory` and `run`; equal bytes are expected anywhere.
 */
export function nanProbe(): Uint8Array<ArrayBuffer> {
  const f64 = [
    0n,
    1n << 63n,
    0x3ffn << 52n,
    0x7ffn << 52n,
    0xfffn << 52n,
    0x7ff8n << 48n,
    0xfff8n << 48n,
    0x7ff4_0000_0000_0001n,
    0xfff8_dead_0000_beefn,
  ];
  const code: number[] = [];
  let at = 0;
  const store = (value: readonly number[], opcode: readonly number[], size: number): void => {
    code.push(...i32(at), ...value, ...opcode, 0, 0);
    at += size;
  };
  const bits = (value: bigint, size: number): number[] =>
    Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  for (const a of f64)
    for (const b of f64) {
      const [x, y] = [a, b].map((value) => [0x44, ...bits(value, 8)]) as [number[], number[]];
      const [u, v] = [a, b].map((value) => [0x43, ...bits(value >> 32n, 4)]) as [number[], number[]];
      for (let opcode = 0xa0; opcode <= 0xa6; opcode++) store([...x, ...y, opcode], [0x39], 8);
      for (let opcode = 0x92; opcode <= 0x98; opcode++) store([...u, ...v, opcode], [0x38], 4);
      for (let number = 0xf0; number <= 0xf7; number++)
        store([...x, 0xfd, 0x14, ...y, 0xfd, 0x14, 0xfd, number, 1], [0xfd, 11], 16);
      for (let number = 0xe4; number <= 0xeb; number++)
        store([...u, 0xfd, 0x13, ...v, 0xfd, 0x13, 0xfd, number, 1], [0xfd, 11], 16);
      store([...x, ...y, 0xa1, ...x, ...y, 0xa2, 0xa0, 0xb6, 0xbb], [0x39], 8);
      store([...u, ...v, 0x93, 0xbc], [0x36], 4);
    }
  for (const a of f64) {
    const [x, u] = [
      [0x44, ...bits(a, 8)],
      [0x43, ...bits(a >> 32n, 4)],
    ];
    for (let opcode = 0x99; opcode <= 0x9f; opcode++) store([...x, opcode], [0x39], 8);
    for (let opcode = 0x8b; opcode <= 0x91; opcode++) store([...u, opcode], [0x38], 4);
    store([...x, 0xb6], [0x38], 4);
    store([...u, 0xbb], [0x39], 8);
  }
  return moduleOf(
    section(1, vector([functionType([], []), functionType([], [F32])])),
    section(3, [1, 0]),
    section(5, vector([[0, 2]])),
    section(
      7,
      vector([
        [...name('memory'), 2, 0],
        [...name('run'), 0, 0],
      ]),
    ),
    section(10, vector([body([], code)])),
  );
}
