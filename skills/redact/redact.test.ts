import { isIP } from 'node:net';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBundled, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

type Kind = 'card' | 'email' | 'iban' | 'ip' | 'phone';
interface Redacted {
  counts: Record<Kind, number>;
  text: string;
}
const NONE = { card: 0, email: 0, iban: 0, ip: 0, phone: 0 };
const redact = (text: string, more: object = {}) => bundled.ask('redact', { text, ...more }) as unknown as Redacted;
const isFound = (kind: Kind, text: string) =>
  redact(`x ${text} y`, { kinds: [kind] }).text === `x [${kind.toUpperCase()}_1] y`;

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const luhn = (number: string) =>
  [...number]
    .reverse()
    .reduce(
      (sum, digit, i) => sum + (i % 2 === 0 ? Number(digit) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)]!),
      0,
    ) %
    10 ===
  0;
/** ISO 7064, MOD 97-10, in one big number. */
const mod97 = (iban: string) =>
  Number(BigInt([...iban.slice(4), ...iban.slice(0, 4)].map((c) => parseInt(c, 36)).join('')) % 97n);

describe('redact', () => {
  test('a letter, with tokens: the same text has the same token', () => {
    const text =
      'Ada <ada@example.org> (+44 20 7946 0958) paid DE89 3704 0044 0532 0130 00 by 4111-1111-1111-1111 from 192.0.2.7, ada@example.org.';
    expect(redact(text)).toEqual({
      counts: { card: 1, email: 2, iban: 1, ip: 1, phone: 1 },
      text: 'Ada <[EMAIL_1]> ([PHONE_1]) paid [IBAN_1] by [CARD_1] from [IP_1], [EMAIL_1].',
    });
  });

  test('a mask keeps every length and line', () => {
    const text = 'é\nmail: ada@example.org\n::1 DE89370400440532013000';
    const masked = redact(text, { style: 'mask' });
    expect(masked.text).toBe(`é\nmail: ${'*'.repeat(15)}\n*** ${'*'.repeat(22)}`);
    expect(redact(masked.text).counts).toEqual(NONE);
  });

  test('cards are those with Luhn’s check digit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('2', '3', '4', '5', '6'),
        fc.integer({ min: 12, max: 17 }).chain(digits),
        (first, rest) => {
          for (let check = 0; check < 10; check++) {
            const number = `${first}${rest}${check}`;
            if (luhn(number)) expect(isFound('card', number)).toBe(true);
            // A shorter card at its start would be inside a word, and is none.
            else expect(redact(number, { kinds: ['card'] }).counts.card).toBe(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('IBANs are those of a country’s length with the right check digits', () => {
    const country = fc.constantFrom<[string, number]>(['DE', 22], ['NO', 15], ['MT', 31], ['GB', 22], ['LC', 32]);
    fc.assert(
      fc.property(country, digits(28), ([code, length], rest) => {
        const body = rest.slice(0, length - 4);
        const check = String(98 - mod97(`${code}00${body}`)).padStart(2, '0');
        expect(mod97(`${code}${check}${body}`)).toBe(1);
        const spaced = `${code}${check}${body}`.replace(/(.{4})(?=.)/g, '$1 ');
        expect([isFound('iban', `${code}${check}${body}`), isFound('iban', spaced)]).toEqual([true, true]);
        const wrong = String((Number(check) + 1) % 97).padStart(2, '0');
        expect(isFound('iban', `${code}${wrong}${body}`)).toBe(false);
        expect(isFound('iban', `${code}${check}${body}0`)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('IP addresses are those that Node takes', () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('007', '1', ''));
    const group = fc.oneof(
      fc.nat(0xfffff).map((n) => n.toString(16)),
      fc.constantFrom('', '0'),
    );
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')),
      fc.array(group, { minLength: 2, maxLength: 9 }).map((groups) => groups.join(':')),
    );
    fc.assert(
      fc.property(address, (text) => {
        // A lone :: is punctuation in more texts than it is an address.
        expect([text, isFound('ip', text)]).toEqual([text, isIP(text) !== 0 && text !== '::']);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(['a@b.co', 'first.last+tag@sub.example-site.org', 'A_1%x-y@EXAMPLE.museum'])(
    '%s is an e-mail address',
    (text) => {
      expect(isFound('email', text)).toBe(true);
    },
  );
  test.each(['a@b', 'a.@b.co', 'a@-b.co', 'a@b..co', 'a@b.c1', '@b.co', `${'a'.repeat(65)}@b.co`])(
    '%s is none',
    (text) => {
      expect(redact(text, { kinds: ['email'] }).text).toBe(text);
    },
  );
  test.each([
    ['.a@b.co', '.[EMAIL_1]'],
    ['a..b@c.de', 'a..[EMAIL_1]'],
    ['a@b.co.', '[EMAIL_1].'],
  ])('of %s the part that is an address is covered', (text, expected) => {
    expect(redact(text, { kinds: ['email'] }).text).toBe(expected);
  });

  test.each([
    '+49 30 1234567',
    '+1 (415) 555-2671',
    '0041 44 668 18 00',
    '030/1234567',
    '(030) 123456-78',
    '415-555-2671',
  ])('%s is a phone number', (text) => {
    expect(isFound('phone', text)).toBe(true);
  });
  test.each(['2026-11-21', '12:30:45', '1234567890', '+1234', '01.02.2026', 'A0301234567', '3.14159265358'])(
    '%s is none',
    (text) => {
      expect(redact(text, { kinds: ['phone'] }).counts.phone).toBe(0);
    },
  );

  test('what is not asked for stays; any text is answered and masks keep its length', () => {
    expect(redact('a@b.co', { kinds: [] })).toEqual({ counts: NONE, text: 'a@b.co' });
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('+49', '4111', ' ', '-', '::', '1.2.', 'DE89', '@x.de', '(', '0'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        expect(redact(text, { style: 'mask' }).text.length).toBe(text.length);
      }),
      { numRuns: 300 },
    );
  });

  test('a megabyte of what nearly is something takes no longer than its length', () => {
    const text = ['a-'.repeat(80_000), '0 '.repeat(80_000), '1:'.repeat(80_000), 'a@'.repeat(80_000)].join('\n');
    expect(redact(text).counts.email).toBe(0);
  });

  test.each([
    ['an unknown kind', { text: '', kinds: ['name'] }, '"name" is no kind'],
    ['an unknown style', { text: '', style: 'blur' }, '"style" must be'],
    ['no text', {}, '"text" must be there'],
  ])('%s is bad input', (_, task, message) => {
    expect((bundled.ask('redact', task) as { error: { message: string } }).error.message).toContain(message);
  });
});
