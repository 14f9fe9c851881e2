// A cell is one word: where its bytes start, what it is, and how many bytes it has (below 2^29).
import { parseNumber } from '../../lib/parse-number';
import { compareBytes, Slice } from '../../lib/slice';

export type Cell = u64;

export const MISSING: u32 = 0;
export const NUMBER: u32 = 1;
export const TEXT: u32 = 2;
/** `true` or `false`. */
export const FLAG: u32 = 3;

export function cellOf(kind: u32, start: usize, end: usize): Cell {
  return ((start as u64) << 32) | ((kind as u64) << 29) | ((end - start) as u64);
}

export function kindOf(cell: Cell): u32 {
  return ((cell >> 29) & 7) as u32;
}

export function bytesOf(cell: Cell): Slice {
  const start = (cell >> 32) as usize;
  return new Slice(start, start + ((cell & 0x1fff_ffff) as usize));
}

/** Needs a number. */
export function numberOf(cell: Cell): f64 {
  const bytes = bytesOf(cell);
  return parseNumber(bytes.start, bytes.end);
}

/** Numbers by value, all else by its bytes. */
export function compareCells(a: Cell, b: Cell): i32 {
  if (kindOf(a) != NUMBER || kindOf(b) != NUMBER) return compareBytes(bytesOf(a), bytesOf(b));
  const x = numberOf(a);
  const y = numberOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
