import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lines } from './lines';

const LIMIT = 12;
const pieces = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.map((b) => (b % 4 === 0 ? 10 : 97 + (b % 26)))),
);

test('lines do not depend on where the stream is cut', () => {
  fc.assert(
    fc.property(pieces, (list) => {
      const lines = new Lines(LIMIT);
      const found = list.flatMap((piece) => [...lines.push(piece)].map((line) => Buffer.from(line).toString()));
      found.push(...[...lines.end()].map((line) => Buffer.from(line).toString()));
      const whole = Buffer.concat(list).toString();
      const expected = whole.split(/(?<=\n)/).filter((line) => line !== '');
      expect(found).toEqual(expected.map((line) => line.slice(0, LIMIT)));
    }),
  );
});
