import type { DocumentProblem } from '../../pipeline/types';

/** Offset of a 1-based line and column, clamped into the text. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + Math.max(0, column - 1), end < 0 ? text.length : end);
}

export const countLines = (text: string): number => text.split('\n').length;

/** Messages by line, for the marks in the gutter. */
export function problemsByLine(problems: readonly DocumentProblem[]): Map<number, string> {
  const out = new Map<number, string>();
  for (const { line, message } of problems) out.set(line, out.has(line) ? `${out.get(line)}; ${message}` : message);
  return out;
}
