/**
 * SHA-256's compression function (FIPS 180-4, 6.2.2) as a WebAssembly module, written out instruction by instruction:
 * engines run it two to five times as fast as the same in JavaScript. Readable on purpose, and held against noble's
 * implementation by tests and at every start (`hash.ts`).
 *
 * Exports `memory` (one page) and `compress(at, blocks)`: takes in `blocks` (at least 1) blocks of 64 bytes from `at` on,
 * changing the eight words of state at 0.
 */

/** FIPS 180-4, 4.2.2. */
const K = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

/** Locals: the two parameters, one for passing, the eight working variables, sixteen words of the message schedule. */
const [AT, BLOCKS, T, A, W] = [0, 1, 2, 3, 11] as const;
const LOCALS = 27;

type Code = readonly number[];
/** Opcodes of WebAssembly's core specification, 5.4. */
const ADD = 0x6a;
const AND = 0x71;
const OR = 0x72;
const XOR = 0x73;
const SHIFT_RIGHT = 0x76;
const ROTATE_LEFT = 0x77;
const ROTATE_RIGHT = 0x78;
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const constant = (value: number): Code => [0x41, ...signedLeb(value | 0)];
const load = (offset: number): Code => [0x28, 2, ...leb(offset)];
const store = (offset: number): Code => [0x36, 2, ...leb(offset)];
const rotated = (local: number, by: number): Code => [...get(local), ...constant(by), ROTATE_RIGHT];
const shifted = (local: number, by: number): Code => [...get(local), ...constant(by), SHIFT_RIGHT];

/** Words of a message are big-endian, WebAssembly's are not. */
const swapped = (word: Code): Code => [
  ...[...word, ...tee(T), ...constant(8), ROTATE_LEFT, ...constant(0x00ff00ff), AND],
  ...[...get(T), ...constant(8), ROTATE_RIGHT, ...constant(0xff00ff00), AND, OR],
];

/** W_t from those of the 16 rounds before it, in its own place (4.1.2, 6.2.2). */
function schedule(t: number): Code {
  const [w, w15, w7, w2] = [t, t + 1, t + 9, t + 14].map((i) => W + (i % 16)) as [number, number, number, number];
  return [
    ...get(w),
    ...[...rotated(w15, 7), ...rotated(w15, 18), XOR, ...shifted(w15, 3), XOR, ADD],
    ...[...get(w7), ADD],
    ...[...rotated(w2, 17), ...rotated(w2, 19), XOR, ...shifted(w2, 10), XOR, ADD],
    ...set(w),
  ];
}

/** Instead of handing each variable on to the next, the names move round. */
function round(t: number): Code {
  const variable = (i: number): number => A + ((i + 64 - t) % 8);
  const [a, b, c, d] = [variable(0), variable(1), variable(2), variable(3)] as const;
  const [e, f, g, h] = [variable(4), variable(5), variable(6), variable(7)] as const;
  return [
    ...[...get(h), ...rotated(e, 6), ...rotated(e, 11), XOR, ...rotated(e, 25), XOR, ADD],
    ...[...get(f), ...get(g), XOR, ...get(e), AND, ...get(g), XOR, ADD],
    ...[...constant(K[t]!), ADD, ...get(W + (t % 16)), ADD, ...tee(T)],
    ...[...get(d), ADD, ...set(d)],
    ...[...get(T), ...rotated(a, 2), ...rotated(a, 13), XOR, ...rotated(a, 22), XOR, ADD],
    ...[...get(a), ...get(b), OR, ...get(c), AND, ...get(a), ...get(b), AND, OR, ADD],
    ...set(h),
  ];
}

function compress(): Code {
  const each = (count: number, code: (i: number) => Code): number[] =>
    Array.from({ length: count }, (_, i) => code(i)).flat();
  return [
    ...each(8, (i) => [...constant(0), ...load(4 * i), ...set(A + i)]),
    ...[0x03, 0x40], // loop
    ...each(16, (i) => [...swapped([...get(AT), ...load(4 * i)]), ...set(W + i)]),
    ...each(64, (t) => (t < 16 ? round(t) : [...schedule(t), ...round(t)])),
    ...each(8, (i) => [
      ...constant(0),
      ...constant(0),
      ...load(4 * i),
      ...get(A + i),
      ADD,
      ...tee(A + i),
      ...store(4 * i),
    ]),
    ...[...get(AT), ...constant(64), ADD, ...set(AT)],
    ...[...get(BLOCKS), ...constant(-1), ADD, ...tee(BLOCKS), 0x0d, 0, 0x0b], // br_if, end
  ];
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

function signedLeb(value: number): number[] {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 127] : [(value & 127) | 128, ...signedLeb(value >> 7)];
}

const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const name = (text: string): Code => sized([...text].map((c) => c.charCodeAt(0)));

/** The module's bytes; the sections are those of the core specification, 5.5. */
export function sha256Module(): Uint8Array<ArrayBuffer> {
  const i32 = 0x7f;
  const code = sized([1, LOCALS - 2, i32, ...compress(), 0x0b]);
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, i32, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, 1, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('compress'), 0, 0]),
    ...section(10, [1, ...code]),
  );
}
