/** Inputs for whatever reads a stranger's bytes: valid samples changed with knowledge of their format, and noise. */
import fc from 'fast-check';
import { concat, fromUtf8, utf8 } from '../../crypto';
import { SovereignError } from '../../protocol/errors';
import { byteEdits, editBytes } from './edits';

type Content = string | Uint8Array;
const bytesOf = (content: Content): Uint8Array => (typeof content === 'string' ? utf8(content) : content);

/** What any format may trip over: ends, numbers at their edges, text that is none, and much of one thing. */
const WORDS: readonly Content[] = [
  ...[
    '',
    '\n',
    '\r\n',
    '\n\n',
    '\0',
    ' ',
    '=',
    '==',
    '+',
    '/',
    '-',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    '0',
    '-1',
    '00',
    '1.0',
    '1e400',
    '-0',
    '9007199254740993',
    '18446744073709551616',
    '4294967296',
    'NaN',
    'Infinity',
  ],
  ...['\ufeff', '\u2028', '\u202e', 'é', 'e\u0301', '😀', 'İ', '__proto__', 'constructor', 'toString', 'null', 'true'],
  ...['[', '{"a":', '(', 'A', '\n', 'A\n', '1'].map((word) => word.repeat(5_000)),
  ...[[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]].map(
    (bytes) => Uint8Array.from(bytes),
  ),
];

/**
 * Bytes made from `samples`: edited up to four times, pieces of one in another, words of the format (and those that any
 * format fears) put in or in a row; and noise.
 */
export function inputs(samples: readonly Content[], words: readonly Content[] = []): fc.Arbitrary<Uint8Array> {
  const sample = fc.constantFrom(...samples.map(bytesOf));
  const word = fc.oneof(
    { weight: words.length > 0 ? 3 : 0, arbitrary: fc.constantFrom(...[...words, ''].map(bytesOf)) },
    { weight: 2, arbitrary: fc.constantFrom(...WORDS.map(bytesOf)) },
  );
  const place = fc.nat(0x7fffffff);
  const put = fc.record({ at: place, over: fc.nat(12), word });
  type Put = typeof put extends fc.Arbitrary<infer T> ? T : never;
  const putIn = (bytes: Uint8Array, { at, over, word: some }: Put): Uint8Array => {
    const from = at % (bytes.length + 1);
    return concat(bytes.subarray(0, from), some, bytes.subarray(from + over));
  };
  const change = fc.oneof(
    byteEdits.map((edit) => (bytes: Uint8Array) => editBytes(bytes, edit)),
    put.map((what) => (bytes: Uint8Array) => putIn(bytes, what)),
    fc.tuple(sample, place, place).map(
      ([other, at, to]) =>
        (bytes: Uint8Array) =>
          concat(bytes.subarray(0, at % (bytes.length + 1)), other.subarray(to % (other.length + 1))),
    ),
  );
  const changed = fc
    .tuple(sample, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce((now, one) => one(now), bytes));
  return fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 2, arbitrary: fc.array(word, { maxLength: 12 }).map((parts) => concat(...parts)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  );
}

/** As text, the way that a caller would have it; bytes that are no UTF-8 become U+FFFD and lone surrogates. */
export const asText = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte > 0xf0 ? 0xd800 + byte : byte)).join('');
  }
};

/** How much was made of an input: values and characters, whatever holds them. */
export function weight(value: unknown): number {
  let total = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    total += 1;
    if (typeof one === 'string') total += one.length;
    else if (one instanceof Uint8Array) total += one.length;
    else if (one instanceof Map) for (const [key, each] of one) open.push(key, each);
    else if (typeof one === 'object' && one !== null)
      for (const part of Object.entries(one)) open.push(...(part as [string, unknown]));
  }
  return total;
}

/** The error's code; whatever is not one of the errors that the door promises is thrown on. */
export function refusal(error: unknown, errors: readonly (new (...args: never[]) => SovereignError)[]): string {
  if (!(error instanceof SovereignError) || !errors.some((type) => error instanceof type)) throw error;
  return error.code as string;
}
