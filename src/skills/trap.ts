/** Engines word their traps differently, and some tell two kinds apart that others do not: these are the common ones. */
const TRAPS: readonly [RegExp, string][] = [
  [/unreachable/i, 'unreachable'],
  [/divide by zero|division by zero|remainder by zero/i, 'integer division by zero'],
  [/unrepresentable|overflow|invalid conversion/i, 'integer overflow'],
  [
    /signature|null function|indirect call|call to null|dereferenc|null/i,
    'indirect call to a wrong or missing function',
  ],
  [/out of bounds|out of range|out-of-bounds/i, 'access out of bounds'],
];

/** A trap's name, the same in every engine. */
export const trapName = (message: string): string => TRAPS.find(([words]) => words.test(message))?.[1] ?? 'trap';
