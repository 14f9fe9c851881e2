import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs, JsonError, parseCanonical, parseJson, utf8 } from '.';

const parse = (text: string): unknown => parseJson(utf8(text));
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(JsonError);
    return (error as JsonError).code;
  }
};

describe('parseJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parse(text)).toEqual(JSON.parse(text));
        expect(parse(JSON.stringify(JSON.parse(text), null, 2))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('accepts no text that JSON.parse refuses, and refuses with a typed error and nothing else', () => {
    const chars = fc.constantFrom(...'{}[]",:\\ \n09-.eEtruefalsn/u\u0000\u00e9'.split(''));
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.array(chars, { maxLength: 10 }), (list) => {
        const text = list.join('');
        const code = codeOf(() => parse(text));
        if (!isJson(text)) expect(code).not.toBe('accepted');
        else if (code !== 'accepted') expect(['duplicate_key', 'bad_json']).toContain(code);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['{"a":1,"a":1}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['{"x":{"__proto__":1,"__proto__":2}}', 'duplicate_key'],
    ['"\\ud800"', 'bad_json'],
    ['1e999', 'bad_json'],
    ['NaN', 'bad_json'],
    ['01', 'bad_json'],
    ['[1,]', 'bad_json'],
    ['{"a":1,}', 'bad_json'],
    ['"a', 'bad_json'],
    ['"\n"', 'bad_json'],
    ['"\\x41"', 'bad_json'],
    ['{a:1}', 'bad_json'],
    ['1 2', 'bad_json'],
    ['', 'bad_json'],
    ['\ufeff1', 'bad_json'],
    ['\u00a01', 'bad_json'],
    ['['.repeat(100), 'too_deep'],
    ['{"a":'.repeat(100_000), 'too_deep'],
  ])('%j is %s', (text, code) => expect(codeOf(() => parse(text))).toBe(code));

  test('bytes that are not UTF-8', () => {
    expect(codeOf(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('bad_json');
  });

  test('keeps a key named __proto__ as a key', () => {
    const value = parse('{"__proto__":{"x":1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe('parseCanonical', () => {
  test('accepts exactly the one spelling of each value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jcs(JSON.parse(JSON.stringify(value)));
        expect(jcs(parseCanonical(utf8(text)))).toBe(text);
        expect(codeOf(() => parseCanonical(utf8(`${text} `)))).toBe('not_canonical');
      }),
    );
  });

  test.each(['{"b":1,"a":2}', '1.0', '1E2', '"\\/"', '"\\u00e9"', '-0', '[ ]'])('not canonical: %s', (text) => {
    expect(codeOf(() => parseCanonical(utf8(text)))).toBe('not_canonical');
  });
});
