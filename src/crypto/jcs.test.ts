import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs, JcsError } from '.';
import { LIMITS } from '../protocol/limits';

/** RFC 8785 by its words: members by the UTF-16 units of their names, scalars as ECMAScript writes them. */
function byTheWord(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(byTheWord).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const record = value as Record<string, unknown>;
  const names = Object.keys(record).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${byTheWord(record[name])}`).join()}}`;
}

/** Names that engines list in another order than the RFC's are among them: 9 before 10. */
const name = fc.oneof(fc.nat(20).map(String), fc.constantFrom('a', 'b', 'B', '€', '\u{1f600}', '\ufb33', '__proto__'));
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: 'grapheme' })),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, maxLength: 5 }).map((members) => {
      const out = {};
      for (const [key, value] of members)
        Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
      return out;
    }),
  ),
}));

test('one form, in whatever order the members were put in', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(jcs(value)).toBe(byTheWord(value));
    }),
    { numRuns: 2_000 },
  );
});

describe('refuses what is no JSON, wherever it stands and whether or not members are in order', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  const flaws: [string, unknown][] = [
    ['NaN', NaN],
    ['Infinity', -Infinity],
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a lone surrogate', '\ud800'],
    ['a name that is one', { '\udc00': 1 }],
    ['a date', new Date(0)],
    ['a boxed string', Object('x')],
    ['a map', new Map()],
    ['a hole', Array(1)],
    ['a symbol', { [Symbol('x')]: 1 }],
    ['its own toJSON', { toJSON: () => 1 }],
    ['a cycle', loop],
  ];
  test.each(flaws)('%s', (_, flaw) => {
    for (const value of [flaw, [flaw], { a: flaw, b: 1 }, { b: 1, a: flaw }])
      expect(() => jcs(value)).toThrow(JcsError);
  });
});

test('as deep as the limit, and no deeper', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  expect(jcs(nested(LIMITS.jsonDepth))).toContain('[[1]]');
  expect(() => jcs(nested(LIMITS.jsonDepth + 1))).toThrow(/deeper than/);
  expect(() => jcs(nested(LIMITS.jsonDepth), 1)).toThrow(/deeper than/);
});
