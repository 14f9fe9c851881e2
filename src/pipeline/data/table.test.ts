import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs, sha256Text, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { PipelineError } from '../types';
import { csvRows } from './csv';
import { Pcg32 } from './pcg32';
import { splitTable } from './split';
import { readTable } from './table';

const AB = { columns: { features: ['a', 'b'], label: 'y' }, missing: { tokens: [], action: 'refuse' as const } };
const NA_DROPPED = { ...AB, missing: { tokens: ['NA'], action: 'drop' as const } };
const PENGUINS = {
  columns: { features: ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g'], label: 'species' },
  missing: { tokens: ['NA'], action: 'drop' as const },
};
const penguins = () => readTable(readFileSync('public/datasets/penguins.csv'), PENGUINS);

function failure(read: () => unknown): PipelineError {
  try {
    read();
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('CSV by RFC 4180', () => {
  const cells = (text: string) => [...csvRows(text)].map((r) => r.cells);
  test('quotes, doubled quotes, commas and line breaks in quotes, CRLF, no last line end', () => {
    expect(cells('a,b\r\n"x, ""y""","1\r\n2"\r\n,')).toEqual([
      ['a', 'b'],
      ['x, "y"', '1\r\n2'],
      ['', ''],
    ]);
  });
  test('places count lines inside quotes', () => {
    expect([...csvRows('"a\nb",c\nd,e\n')].map((r) => r.at)).toEqual([
      [
        { line: 1, column: 1 },
        { line: 2, column: 4 },
      ],
      [
        { line: 3, column: 1 },
        { line: 3, column: 3 },
      ],
    ]);
  });
  test('what is written as CSV is read back', () => {
    const table = fc.array(
      fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') }), {
        minLength: 2,
        maxLength: 4,
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',') + end).join('');
        expect(cells(text)).toEqual(rows);
      }),
    );
  });
});

const BAD: [string, string | Uint8Array, number?, number?][] = [
  ['an empty file', ''],
  ['only a byte order mark', '\ufeff'],
  ['0 rows', 'a,b,y\n'],
  ['not UTF-8', Uint8Array.of(0x61, 0xff)],
  ['a missing column', 'a,y\n1,x\n', 1, 1],
  ['a column twice', 'a,b,a,y\n', 1, 5],
  ['a column without a name', 'a,,y\n', 1, 3],
  ['a short row', 'a,b,y\n1,2\n', 2, 1],
  ['a long row', 'a,b,y\n1,2,x,4\n', 2, 1],
  ['a blank line', 'a,b,y\n1,2,x\n\n3,4,z\n', 3, 1],
  ['NaN', 'a,b,y\n1,2,x\n1,NaN,z\n', 3, 3],
  ['Infinity', 'a,b,y\n1,Infinity,z\n', 2, 3],
  ['a number beyond a double', 'a,b,y\n1,1e999,z\n', 2, 3],
  ['a hexadecimal number', 'a,b,y\n0x10,1,z\n', 2, 1],
  ['a number with a blank', 'a,b,y\n 1,1,z\n', 2, 1],
  ['text for a number', 'a,b,y\n1,two,z\n', 2, 3],
  ['an empty cell', 'a,b,y\n1,,z\n', 2, 3],
  ['an empty label', 'a,b,y\n1,2,\n', 2, 5],
  ['a quote in the middle', 'a,b,y\n1,2"3,z\n', 2, 4],
  ['text after a quote', 'a,b,y\n1,"2"3,z\n', 2, 6],
  ['an open quote', 'a,b,y\n1,2,"z\n\n', 2, 5],
  ['a lone carriage return', 'a,b,y\r1,2,z\n', 1, 6],
  ['one label only', 'a,b,y\n1,2,x\n3,4,x\n'],
];

describe('a dataset that is refused', () => {
  test.each(BAD)('%s', (_name, content, line, column) => {
    const bytes = typeof content === 'string' ? utf8(content) : content;
    const error = failure(() => readTable(bytes, AB));
    expect(error.code).toBe('bad_dataset');
    expect(error.details).toEqual(line === undefined ? {} : { line, column });
    expect(error.advice).toBeTruthy();
  });

  test('200 MB is refused by its size, before it is read', () => {
    const huge = { length: 200 * 1024 * 1024 } as Uint8Array;
    expect(failure(() => readTable(huge, AB)).message).toContain('64 MiB');
  });
  test('more columns than allowed', () => {
    const header = Array.from({ length: LIMITS.datasetColumns + 1 }, (_, i) => `c${i}`).join(',');
    expect(failure(() => readTable(utf8(header), AB)).message).toContain('columns');
  });
  test('more labels than are told apart', () => {
    const rows = Array.from({ length: LIMITS.datasetClasses + 1 }, (_, i) => `1,2,l${i}\n`).join('');
    expect(failure(() => readTable(utf8(`a,b,y\n${rows}`), AB)).message).toContain('different labels');
  });
  test('no declared columns: the advice names those of the file', () => {
    const error = failure(() => readTable(utf8('a,b,y\n1,2,x\n'), { missing: AB.missing }));
    expect(error.advice).toContain('"a", "b", "y"');
  });
  test('a missing value, unless rows with one are to be dropped', () => {
    const bytes = utf8('a,b,y\n1,2,x\nNA,2,x\n3,4,z\n');
    expect(failure(() => readTable(bytes, { ...AB, missing: { tokens: ['NA'], action: 'refuse' } })).details).toEqual({
      line: 3,
      column: 1,
    });
    expect(readTable(bytes, NA_DROPPED)).toMatchObject({
      rows: [
        [1, 2],
        [3, 4],
      ],
      dropped: 1,
    });
    expect(failure(() => readTable(utf8('a,b,y\nNA,2,x\n'), NA_DROPPED)).message).toContain('all 1 rows');
  });
  test('random bytes give a table or bad_dataset, nothing else', () => {
    const text = fc.array(fc.constantFrom('a', ',', '\n', '"', '1', '.', 'e', '-', '\r', 'x', 'NA', '\ufeff'), {
      maxLength: 60,
    });
    const check = (bytes: Uint8Array): void => {
      try {
        const table = readTable(bytes, NA_DROPPED);
        expect(table.rows.flat().every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect((error as PipelineError).code).toBe('bad_dataset');
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
    fc.assert(
      fc.property(text, (parts) => check(utf8('a,b,y\n' + parts.join('')))),
      { numRuns: 1000 },
    );
  });
});

describe('a dataset that is read', () => {
  test('byte order mark, CRLF, quoted numbers, other columns in between', () => {
    expect(readTable(utf8('\ufeffy,a,z,b\r\nq,"1",?,-2.5e1\r\np,.5,?,+3.\r\n'), AB)).toEqual({
      features: ['a', 'b'],
      classes: ['p', 'q'],
      rows: [
        [1, -25],
        [0.5, 3],
      ],
      labels: [1, 0],
      dropped: 0,
    });
  });
  test('the shipped penguins', () => {
    const table = penguins();
    expect([table.rows.length, table.dropped, table.classes]).toEqual([342, 2, ['Adelie', 'Chinstrap', 'Gentoo']]);
  });
});

describe('the split', () => {
  test("PCG32 gives its reference's numbers", () => {
    const random = new Pcg32(42n, 54n);
    const expected = [0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e];
    expect(expected.map(() => random.next())).toEqual(expected);
  });
  test('is the same for ever: this digest is part of the format', () => {
    const { train, test: held } = splitTable(penguins(), 0.25, 7);
    expect([train.rows.length, held.rows.length]).toEqual([256, 86]);
    expect(sha256Text(jcs(held))).toMatchInlineSnapshot(
      `"25d8c054564f27669942a954fa98d137717e50683404f3bdacd0ff1342740c1d"`,
    );
    expect(sha256Text(jcs(splitTable(penguins(), 0.25, 8).test))).not.toBe(sha256Text(jcs(held)));
  });
  test('keeps every row once, every class in both halves, and about the fraction', () => {
    const sizes = fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(), (counts, fraction, seed) => {
        const labels = counts.flatMap((n, label) => Array.from({ length: n }, () => label));
        const table = {
          features: ['i'],
          classes: counts.map(String),
          rows: labels.map((_, i) => [i]),
          labels,
          dropped: 0,
        };
        const { train, test: held } = splitTable(table, fraction, seed);
        const all = [...train.rows, ...held.rows].flat().sort((a, b) => a - b);
        expect(all).toEqual(labels.map((_, i) => i));
        counts.forEach((n, label) => {
          const got = held.labels.filter((l) => l === label).length;
          expect(got).toBe(Math.min(Math.max(Math.round(n * fraction), 1), n - 1));
        });
      }),
    );
  });
  test('a class with one row is refused', () => {
    const table = { features: ['a'], classes: ['x', 'y'], rows: [[1], [2], [3]], labels: [0, 0, 1], dropped: 0 };
    expect(failure(() => splitTable(table, 0.5, 1)).message).toContain('"y" has one row');
  });
});
