import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, jcs } from '../../src/crypto';
import { openBundled, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

interface Hunk {
  after_lines: number;
  after_start: number;
  before_lines: number;
  before_start: number;
  lines: string[];
}
interface Diff {
  added: number;
  removed: number;
  unchanged: number;
  hunks: Hunk[];
}

const diff = (task: object) => bundled.ask('text-diff', task) as unknown as Diff;
const unified = (task: object) => fromUtf8(bundled.run('text-diff', jcs({ ...task, output: 'unified' })));

/** Each line with its line feed; the last may have none. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Applies hunks to the old text, checking all that they say of it. */
function patch(before: string, hunks: Hunk[]): string {
  const old = linesOf(before);
  const out: string[] = [];
  let at = 0;
  for (const { after_lines, after_start, before_lines, before_start, lines } of hunks) {
    const start = before_lines === 0 ? before_start : before_start - 1;
    out.push(...old.slice(at, start));
    expect(out.length).toBe(after_lines === 0 ? after_start : after_start - 1);
    const [gone, come]: [string[], string[]] = [[], []];
    lines.forEach((line, i) => {
      if (line.startsWith('\\')) return;
      const text = line.slice(1) + (lines[i + 1]?.startsWith('\\') ? '' : '\n');
      if (line[0] !== '+') gone.push(text);
      if (line[0] !== '-') come.push(text);
    });
    expect(gone).toEqual(old.slice(start, start + before_lines));
    expect(come.length).toBe(after_lines);
    out.push(...come);
    at = start + before_lines;
  }
  return [...out, ...old.slice(at)].join('');
}

function parseUnified(text: string): Hunk[] {
  const hunks: Hunk[] = [];
  for (const line of text.split('\n').slice(2, -1)) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line);
    // One line's count is not written.
    const part = (i: number) => Number(head?.[i] ?? 1);
    if (head)
      hunks.push({
        before_start: part(1),
        before_lines: part(2),
        after_start: part(3),
        after_lines: part(4),
        lines: [],
      });
    else hunks.at(-1)?.lines.push(line);
  }
  return hunks;
}

/** Length of the longest common subsequence, by the textbook's table. */
function common(a: string[], b: string[]): number {
  let row: number[] = [0, ...b.map(() => 0)];
  for (const line of a) {
    const next: number[] = [0];
    b.forEach((other, j) => next.push(line === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!)));
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('text-diff', () => {
  const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'é "x"\\\n', '\ttab\r\n', '+x\n', '\\ No\n');
  const text = fc
    .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('', 'end', 'a'))
    .map(([lines, end]) => lines.join('') + end);

  test('hunks turn the one text into the other, and no script is shorter', () => {
    fc.assert(
      fc.property(text, text, fc.nat(4), (before, after, context) => {
        const found = diff({ before, after, context });
        expect(patch(before, found.hunks)).toBe(after);
        const [a, b] = [linesOf(before), linesOf(after)];
        const kept = common(a, b);
        expect([found.removed, found.added, found.unchanged]).toEqual([a.length - kept, b.length - kept, kept]);
        expect(parseUnified(unified({ before, after, context }))).toEqual(found.hunks);
      }),
      { numRuns: 300 },
    );
  });

  test('a hunk has its context and no more; near changes share one', () => {
    const before = Array.from({ length: 30 }, (_, i) => `${i}\n`).join('');
    const after = before.replace('\n4\n', '\nfour\n').replace('\n20\n', '\ntwenty\n');
    expect(diff({ before, after }).hunks.map((h) => [h.before_start, h.before_lines])).toEqual([
      [2, 7],
      [18, 7],
    ]);
    expect(diff({ before, after, context: 8 }).hunks).toHaveLength(1);
    expect(diff({ before, after, context: 0 }).hunks.map((h) => h.lines)).toEqual([
      ['-4', '+four'],
      ['-20', '+twenty'],
    ]);
  });

  test('names stand in the head; equal texts have an empty diff', () => {
    const names = { before_name: 'old.txt', after_name: 'new é.txt' };
    expect(unified({ before: '', after: 'x', ...names })).toBe(
      '--- old.txt\n+++ new é.txt\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n',
    );
    expect(unified({ before: 'x', after: 'x' })).toBe('');
  });

  test('twenty thousand lines with scattered changes', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i % 977} ${i}\n`);
    const changed = lines.flatMap((text, i) => (i % 401 === 0 ? [] : i % 503 === 0 ? ['new\n', text] : [text]));
    const found = diff({ before: lines.join(''), after: changed.join('') });
    expect([found.removed, found.added]).toEqual([50, 39]);
  });

  test.each([
    ['nothing', '', 'expected an object'],
    ['one text', '{"before":"a"}', 'must be there'],
    ['another key', '{"x":1}', '"x" is not known here'],
    ['a wrong output', '{"output":"html"}', '"output" must be'],
    ['a context below 0', '{"context":-1}', 'expected a whole number from 0'],
    ['a context of 1.5', '{"context":1.5}', 'expected a whole number'],
    ['a name of two lines', '{"before_name":"a\\nb"}', 'control character'],
    ['half a character', '{"before":"\\ud83d"}', 'half a character'],
  ])('%s is bad input', (_, input, message) => {
    const { error } = JSON.parse(fromUtf8(bundled.run('text-diff', input))) as {
      error: { code: string; message: string };
    };
    expect(error.code).toBe('bad_input');
    expect(error.message).toContain(message);
  });
});
