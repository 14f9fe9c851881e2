/** The binary format's primitives as lists of numbers, for modules that tests make. */
import { utf8 } from '../../crypto';

export const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))];

export function sleb(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const done = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
  return done ? [low] : [low + 128, ...sleb(rest)];
}

export const i32 = (value: number): number[] => [0x41, ...sleb(BigInt(value | 0))];
export const name = (text: string): number[] => [...leb(utf8(text).length), ...utf8(text)];
export const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];

export function section(id: number, contents: readonly number[]): number[] {
  return [id, ...leb(contents.length), ...contents];
}

export const functionType = (params: readonly number[], results: readonly number[]): number[] => [
  0x60,
  ...vector(params.map((type) => [type])),
  ...vector(results.map((type) => [type])),
];

/** A function body: locals one by one, then the code, without its final `end`. */
export function body(locals: readonly number[], code: readonly number[]): number[] {
  const contents = [...vector(locals.map((type) => [1, type])), ...code, 0x0b];
  return [...leb(contents.length), ...contents];
}

export function moduleOf(...sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}
