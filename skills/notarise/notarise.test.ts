import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, fromUtf8, jcs, sha256Hex, utf8 } from '../../src/crypto';
import { openBundled, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

describe('notarise', () => {
  test('states what the file is', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), word, fc.string(), (file, name, note) => {
        const out = fromUtf8(bundled.run('notarise', concat(utf8(`${JSON.stringify({ name, note })}\n`), file)));
        expect(out).toBe(jcs({ bytes: file.length, kind: 'notarisation', name, note, sha256: sha256Hex(file), v: 1 }));
      }),
    );
  });

  test.each([
    ['no second line', '{"name":"a"}', 'the first line must be JSON'],
    ['no name', '{}\nx', '"name" must have'],
    ['too long a note', `${JSON.stringify({ name: 'a', note: 'x'.repeat(4097) })}\n`, '"note" must have'],
    ['another key', '{"name":"a","by":"me"}\n', '"by" is not known here'],
    ['a file alone', 'hello\nworld', 'expected an object'],
  ])('%s is bad input', (_, input, message) => {
    const { error } = JSON.parse(fromUtf8(bundled.run('notarise', input))) as { error: { message: string } };
    expect(error.message).toContain(message);
  });
});
