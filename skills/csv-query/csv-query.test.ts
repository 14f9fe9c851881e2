import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, jcs } from '../../src/crypto';
import { openBundled, readRepo, type Bundled, type Json } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

type Cell = string | number | boolean | null;
interface Answer {
  columns: string[];
  matched: number;
  rows: Cell[][];
}
const query = (data: Json, text: string, more: object = {}) =>
  bundled.ask('csv-query', { data, query: text, ...more }) as unknown as Answer;
const message = (data: Json, text: string) =>
  (query(data, text) as unknown as { error: { message: string } }).error.message;

const penguins = readRepo('public/datasets/penguins.csv').toString();
const birds = penguins
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))
  .map(([species, island, , , , mass, sex, year]) => ({
    species,
    island,
    mass: Number(mass),
    sex,
    year: Number(year),
  }));

describe('csv-query on the penguins', () => {
  test('figures by group, as worked out here', () => {
    const { columns, matched, rows } = query(
      penguins,
      'SELECT species, count(*) AS n, count(body_mass_g), mean(body_mass_g), max(body_mass_g) WHERE year >= 2008 GROUP BY species ORDER BY n DESC',
    );
    expect(columns).toEqual(['species', 'n', 'count(body_mass_g)', 'mean(body_mass_g)', 'max(body_mass_g)']);
    const recent = birds.filter(({ year }) => year >= 2008);
    expect(matched).toBe(recent.length);
    const expected = ['Adelie', 'Gentoo', 'Chinstrap'].map((species) => {
      const all = recent.filter((bird) => bird.species === species);
      const masses = all.map(({ mass }) => mass).filter((mass) => !Number.isNaN(mass));
      const sum = masses.reduce((a, b) => a + b);
      return [species, all.length, masses.length, sum / masses.length, Math.max(...masses)];
    });
    expect(rows).toEqual(expected);
  });

  test('rows that lack something, in order, some of them', () => {
    const { rows } = query(
      penguins,
      "select island, species where sex is missing and not (island = 'Biscoe') order by species desc, island limit 3 offset 1",
    );
    const expected = birds
      .filter(({ sex, island }) => sex === 'NA' && island !== 'Biscoe')
      .map(({ island, species }) => [island, species]);
    expect(rows).toEqual(expected.slice(1, 4));
  });

  test('CSV out is CSV in again', () => {
    const text = fromUtf8(bundled.run('csv-query', jcs({ data: penguins, query: 'limit 20', output: 'csv' })));
    expect(query(text, '')).toEqual({ ...query(penguins, 'limit 20'), matched: 20 });
  });
});

describe('csv-query', () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom('a', 'b', 'B', '', 'é "q", \n'),
    fc.boolean(),
    fc.constant(null),
  );
  const row = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value);
  type Row = Record<string, Cell>;
  const operators = ['=', '!=', '<', '<=', '>', '>=', 'contains'] as const;
  const literal = (cell: Cell) => (typeof cell === 'string' ? `'${cell.replaceAll("'", "''")}'` : String(cell));
  const written = (cell: Cell) => (typeof cell === 'number' ? jcs(cell) : String(cell));
  const utf8Order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

  /** What the documents say a comparison is. */
  function holds(a: Cell | undefined, operator: (typeof operators)[number], b: Cell): boolean {
    if (a == null || b == null) return false;
    if (operator === 'contains') return written(a).includes(written(b));
    const numbers = typeof a === 'number' && typeof b === 'number';
    const order = numbers ? a - b : utf8Order(written(a), written(b));
    if (operator === '=') return order === 0;
    if (operator === '!=') return order !== 0;
    if (typeof a !== typeof b) return false;
    return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator];
  }
  const rank = (cell: Cell | undefined): number => (cell == null ? 2 : typeof cell === 'number' ? 0 : 1);

  test('where and order agree with a naive evaluation', () => {
    const wanted = value.filter((cell) => cell !== null && cell !== '' && !Object.is(cell, -0));
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 20 }),
        fc.constantFrom(...operators),
        wanted,
        fc.boolean(),
        (rows, operator, cell, down) => {
          const table = [{ x: null, y: null, z: null } as Row, ...(rows as Row[])];
          const found = query(
            table,
            `where x ${operator} ${literal(cell)} or y is missing order by z ${down ? 'desc' : 'asc'}`,
          );
          const expected = table
            .filter(({ x, y }) => holds(x, operator, cell) || y == null)
            .sort(({ z: a }, { z: b }) => {
              if (rank(a) !== rank(b))
                return rank(a) === 2 || rank(b) === 2 ? rank(a) - rank(b) : (rank(a) - rank(b)) * (down ? -1 : 1);
              if (rank(a) === 2) return 0;
              return (rank(a) === 0 ? Number(a) - Number(b) : utf8Order(String(a), String(b))) * (down ? -1 : 1);
            });
          expect(found.matched).toBe(expected.length);
          expect(jcs(found.rows)).toBe(jcs(expected.map((one) => ['x', 'y', 'z'].map((name) => one[name] ?? null))));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('groups agree with a naive evaluation', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
        const table = [{ x: 1, y: 1, z: 1 } as Row, ...(rows as Row[])];
        const groups = new Map<string, Row[]>();
        for (const one of table) {
          const key = jcs(one['x'] ?? null);
          groups.set(key, [...(groups.get(key) ?? []), one]);
        }
        const expected = [...groups.values()].map((group) => {
          const numbers = group.map(({ y }) => y).filter((y) => typeof y === 'number');
          const present = group.filter(({ y }) => y != null);
          const figures = numbers.length === 0 ? [null, null] : [Math.min(...numbers), Math.max(...numbers)];
          return [group[0]!.x ?? null, group.length, present.length, ...figures];
        });
        const found = query(table, 'select x, count(*), count(y), min(y), max(y) group by x');
        expect(jcs(found.rows)).toBe(jcs(expected));
      }),
      { numRuns: 300 },
    );
  });

  test('sums are as exact as doubles allow, and too large ones are missing', () => {
    const data = [1, 1e100, 1, -1e100].map((x) => ({ x }));
    expect(query(data, 'select sum(x), mean(x)').rows).toEqual([[2, 0.5]]);
    expect(query([{ x: 1e308 }, { x: 1e308 }], 'select sum(x)').rows).toEqual([[null]]);
    expect(query(data, 'select count(*), sum(x) where x > 1e200').rows).toEqual([[0, null]]);
  });

  test('names in quotes, other separators, numbers that are only digits', () => {
    const csv = '"the ""x""";zip\n1,5;007\n2;12\n';
    expect(query(csv, 'where zip = \'007\' order by "the ""x"""', { separator: ';' }).rows).toEqual([['1,5', '007']]);
    expect(query(csv, 'select zip as "post code" where zip < 100', { separator: ';' })).toMatchObject({
      columns: ['post code'],
      rows: [[12]],
    });
  });

  test.each([
    ['an unknown column', 'select b', '"b" is where the query should not have it: expected a column'],
    ['an unknown figure', 'select median(a)', '"median" is where the query should not have it: no such figure'],
    ['a query that stops', 'where a =', 'the query ends where it should not: expected a column'],
    ['a quote that does not end', "where a = 'x", 'a quote does not end'],
    ['something after it', 'limit 1 please', 'expected the end'],
    ['a limit of 1.5', 'limit 1.5', 'expected a whole number'],
    ['a figure beside a column', 'select a, count(*)', '"a" is selected, but it is neither a figure nor grouped by'],
    ['an order by nothing', 'order by c', '"c" is no column to order by'],
    ['a missing bracket', 'where (a = 1', 'expected ")"'],
    ['a thousand brackets', `where ${'('.repeat(1_000)}`, 'too many brackets'],
    ['a number beyond doubles', 'where a = 1e999', 'too large'],
  ])('%s is bad input', (_, text, expected) => {
    expect(message('a\n1\n', text)).toContain(expected);
  });

  test.each<[string, Json, string]>([
    ['a short row', 'a,b\n1', 'line 2 has 1 fields and the header 2'],
    ['an empty text', '', 'the table is empty'],
    ['a nested value', [{ a: [1] }], 'a cell holds a list or an object'],
    ['a list of numbers', [1], 'expected an object'],
  ])('a table with %s is bad input', (_, data, expected) => {
    expect(message(data, '')).toContain(expected);
  });

  test('any query is answered, never a trap', () => {
    const word = fc.constantFrom(
      'select',
      '*',
      ',',
      'a',
      'count',
      '(',
      ')',
      'where',
      '=',
      '1',
      "'",
      '"',
      'group',
      'by',
      'order',
      'limit',
      'not',
      'is',
      'missing',
      'or',
      '<',
      '!',
      '-',
      'é',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        expect(query('a\n1\nx\n', words.join(' '))).toBeTypeOf('object');
      }),
      { numRuns: 500 },
    );
  });
});
