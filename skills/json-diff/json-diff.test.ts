import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, jcs } from '../../src/crypto';
import { openBundled, type Bundled, type Json } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

type Operation = { op: 'add' | 'remove' | 'replace'; path: string; value?: Json };
const diff = (before: unknown, after: unknown) => bundled.ask('json-diff', { before, after }) as unknown as Operation[];

/** RFC 6902 by the letter, for the three operations. */
function apply(document: Json, operations: Operation[]): Json {
  const root = { '': structuredClone(document) } as Record<string, Json>;
  for (const { op, path, value } of operations) {
    const keys = [
      '',
      ...path
        .split('/')
        .slice(1)
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
    ];
    const last = keys.pop()!;
    const parent = keys.reduce<Json>((at, key) => (at as Record<string, Json>)[key]!, root);
    if (Array.isArray(parent)) {
      const index = Number(last);
      expect(index).toBeLessThanOrEqual(op === 'add' ? parent.length : parent.length - 1);
      parent.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value!]));
      continue;
    }
    const object = parent as Record<string, Json>;
    expect(Object.hasOwn(object, last)).toBe(op !== 'add');
    if (op === 'remove') delete object[last];
    else Object.defineProperty(object, last, { value: value!, enumerable: true, configurable: true, writable: true });
  }
  return root['']!;
}

describe('json-diff', () => {
  const key = fc.constantFrom('a', 'b', 'c/d', 'e~f', '', '0', '\ud83d\ude00', '\uffee', '"');
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(null, true, false, 0, 1, -1.5e-7, 'x', ''),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }).map((object) => ({ ...object })),
    ),
  }));

  test('the patch turns the one document into the other', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const patch = diff(before, after);
        expect(jcs(apply(before, patch))).toBe(jcs(after));
        if (jcs(before) === jcs(after)) expect(patch).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('an item that moved others is one operation; a field of an item is named', () => {
    const people = [
      { name: 'Ada', born: 1815 },
      { name: 'Emmy', born: 1882 },
      { name: 'Grace', born: 1906 },
    ];
    expect(diff(people, people.slice(1))).toEqual([{ op: 'remove', path: '/0' }]);
    expect(diff(people, people.with(1, { name: 'Emmy', born: 1883 }))).toEqual([
      { op: 'replace', path: '/1/born', value: 1883 },
    ]);
    expect(diff({ list: [1, 2] }, { list: [0, 1, 2] })).toEqual([{ op: 'add', path: '/list/0', value: 0 }]);
  });

  test('numbers are doubles, keys are in the order of RFC 8785, and the answer is canonical', () => {
    const run = (before: string, after: string) =>
      fromUtf8(bundled.run('json-diff', `{"before":${before},"after":${after}}`));
    expect(run('[1.0, -0, 1e2]', '[1, 0, 100]')).toBe('[]');
    const out = run('{}', '{"\uffee":1,"\ud83d\ude00":{"b":1,"a":2}}');
    expect(out).toBe(
      '[{"op":"add","path":"/\ud83d\ude00","value":{"a":2,"b":1}},{"op":"add","path":"/\uffee","value":1}]',
    );
    expect(jcs(JSON.parse(out) as Json)).toBe(out);
  });

  test.each([
    ['one document', '{"before":1}', 'must be there'],
    ['a document twice', '{"before":1,"before":2,"after":1}', '"before" is not known here'],
    ['a key twice', '{"before":{"a":1,"a":1},"after":1}', '"a" is there twice'],
    ['a wrong word', '{"before":nul,"after":1}', 'expected null'],
    ['a number beyond doubles', '{"before":1e400,"after":1}', 'too large'],
    ['half a list', '{"before":[1,', 'expected'],
    ['a hundred thousand brackets', `{"before":${'['.repeat(100_000)}`, 'too deep'],
  ])('%s is bad input', (_, input, message) => {
    const { error } = JSON.parse(fromUtf8(bundled.run('json-diff', input))) as {
      error: { code: string; message: string };
    };
    expect(error.code).toBe('bad_input');
    expect(error.message).toContain(message);
  });
});
