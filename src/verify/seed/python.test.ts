import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../protocol/limits';
import { parsePython, PythonJsonError } from './python';
import { dumpsPython, pythonFloat } from './python-write';

const VECTORS = 'docs/vectors/python-json.json';
const ORACLE = 'src/verify/seed/testing/oracle.py';

interface Case {
  text: string;
  /** Null where Python's json.loads refuses. */
  dumps: string | null;
}

/** As the oracle answers: our text, or null where the parser refuses with its own error. */
function ours(text: string): string | null {
  try {
    return dumpsPython(parsePython(text).value);
  } catch (error) {
    if (!(error instanceof PythonJsonError)) throw error;
    return null;
  }
}

const codeOf = (text: string): string => {
  try {
    parsePython(text);
  } catch (error) {
    if (error instanceof PythonJsonError) return error.code;
    throw error;
  }
  return 'read';
};

const { cases } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { cases: Case[] };

describe("Python's own answers, committed", () => {
  test.each(cases)('$text', ({ text, dumps }) => expect(ours(text)).toBe(dumps));

  test('are many, and of both kinds', () => {
    expect(cases.filter(({ dumps }) => dumps === null).length).toBeGreaterThan(50);
    expect(cases.filter(({ dumps }) => dumps !== null).length).toBeGreaterThan(70);
  });
});

describe('the reader', () => {
  test('says at which character it stopped', () => {
    for (const [text, offset] of [
      ['', 0],
      ['[1, 2', 5],
      ['{"a": 01}', 7],
      ['{"a": "\t"}', 7],
      ['"\\x"', 1],
      ['[1] 2', 4],
    ] as const) {
      let details: unknown;
      try {
        parsePython(text);
      } catch (error) {
        details = (error as PythonJsonError).details;
      }
      expect(details, text).toEqual({ offset });
    }
  });

  test('tells of the first key that stands twice, in whatever spelling', () => {
    expect(parsePython('{"a": 1, "b": {"c": 1, "\\u0063": 2}, "a": 3}').duplicate).toEqual({ key: 'c', offset: 23 });
    expect(parsePython('{"a": {"b": 1}, "b": 2}').duplicate).toBeUndefined();
  });

  test('is bounded in depth and count', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(codeOf(nested(LIMITS.jsonDepth + 1))).toBe('read');
    expect(codeOf(nested(LIMITS.jsonDepth + 2))).toBe('too_deep');
    expect(codeOf('['.repeat(1_000_000))).toBe('too_deep');
    expect(codeOf('{"a":'.repeat(1_000_000))).toBe('too_deep');
    expect(codeOf(`[${'0,'.repeat(LIMITS.seedJsonValues)}0]`)).toBe('too_many');
  });

  test('reads what it wrote to the same text', () => {
    fc.assert(
      fc.property(document, (text) => {
        const once = ours(text);
        if (once !== null) expect(ours(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  test('refuses with its own errors only, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(noise, mutated), (text) => void ours(text)),
      { numRuns: 24_000 },
    );
  });
});

const NUMBERS = ['0', '-0', '1.0', '1e16', '1e-5', '-2.5E+3', 'NaN', 'Infinity', '-Infinity', '5e-324', '1'.repeat(30)];
const number = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer(), fc.nat(99_999_999), fc.integer({ min: -340, max: 340 })).map(([a, b, e]) => `${a}.${b}e${e}`),
);
const unit = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7f }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 0xffff }).map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
  fc.integer({ min: 0xd7f0, max: 0xe010 }).map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
  fc.constantFrom('\\n', '\\"', '\\\\', '\\/', 'é', '\u{1f600}', '\uff5e', '\ue000', '\u{10ffff}'),
);
const string = fc.array(unit, { maxLength: 6 }).map((units) => `"${units.join('')}"`);
const space = fc.constantFrom('', '', ' ', '\n', '\t \r');
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    number,
    string,
    fc
      .array(tie('document'), { maxLength: 4 })
      .chain((items) => space.map((gap) => `[${gap}${items.join(`,${gap}`)}]`)),
    fc
      .array(fc.tuple(string, tie('document')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
  ),
}));
const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123456789eE+-. \ttrufalsenNIity'), maxLength: 40 }),
);
const mutated = fc
  .tuple(document, fc.nat(), fc.nat(3), fc.string({ maxLength: 2 }))
  .map(
    ([text, at, cut, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut),
  );

/** Lone surrogates cannot reach Python through UTF-8, and it has no depth of 64. */
const comparable = (text: string): boolean => text.isWellFormed() && codeOf(text) !== 'too_deep';

function python(texts: readonly string[]): Case[] | undefined {
  const input = JSON.stringify({ cases: texts.map((text) => ({ text })) });
  const { status, stdout, error } = spawnSync('python3', [ORACLE], { input, maxBuffer: 2 ** 28, encoding: 'utf8' });
  if (error) return undefined;
  expect(status).toBe(0);
  return (JSON.parse(stdout) as { cases: Case[] }).cases;
}

describe('the real Python', () => {
  const compare = (texts: readonly string[]): void => {
    const answers = python(texts.filter(comparable));
    if (!answers) return console.info('python3: not run');
    expect(answers.length).toBeGreaterThan(texts.length / 2);
    for (const { text, dumps } of answers) expect(ours(text), text).toBe(dumps);
  };

  test('agrees on documents of its dialect', () => compare(fc.sample(document, 4_000)));
  test('agrees on documents that were damaged, and on noise', () =>
    compare(fc.sample(fc.oneof(mutated, noise), 4_000)));

  test('agrees on any double', () => {
    const bits = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([high, low]) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setUint32(0, high);
      view.setUint32(4, low);
      return view.getFloat64(0);
    });
    const doubles = fc.sample(fc.oneof(bits, fc.double()), 4_000).filter(Number.isFinite);
    compare(doubles.map((double) => double.toExponential()));
    for (const double of doubles) expect(Object.is(Number(pythonFloat(double)), double)).toBe(true);
  });

  test('still gives the committed answers', () => {
    const answers = python(cases.map(({ text }) => text));
    if (!answers) return console.info('python3: not run');
    expect(answers).toEqual(cases);
  });
});
