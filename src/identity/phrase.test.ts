import fc from 'fast-check';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { describe, expect, test } from 'vitest';
import { equalBytes, hex } from '../crypto';
import { fingerprintWords, phraseOf, rootOfPhrase } from './phrase';
import { IdentityError } from './types';

const roots = fc.uint8Array({ minLength: 32, maxLength: 32 });

function refusal(words: readonly string[]): IdentityError {
  try {
    rootOfPhrase(words);
  } catch (error) {
    if (error instanceof IdentityError) return error;
  }
  throw new Error('not refused');
}

describe('recovery phrase', () => {
  // From the BIP-39 reference vectors, 256 bits.
  test.each([
    ['00', `${'abandon '.repeat(23)}art`],
    [
      '7f',
      'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title',
    ],
    [
      '80',
      'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless',
    ],
    ['ff', `${'zoo '.repeat(23)}vote`],
  ])('BIP-39 vector %s…', (byte, phrase) => {
    const root = new Uint8Array(32).fill(Number.parseInt(byte, 16));
    expect(phraseOf(root).join(' ')).toBe(phrase);
    expect(hex(rootOfPhrase(phrase.split(' ')))).toBe(byte.repeat(32));
  });

  test('root → phrase → root, whatever case and white space it is typed in', () => {
    fc.assert(
      fc.property(roots, fc.boolean(), (root, shout) => {
        const words = phraseOf(root);
        const typed = shout ? [`  ${words.join('\n ').toUpperCase()} `] : words;
        return words.length === 24 && equalBytes(rootOfPhrase(typed), root);
      }),
    );
  });

  test('says how many words there are when there are not 24', () => {
    const words = phraseOf(new Uint8Array(32));
    expect(refusal(words.slice(1))).toMatchObject({ code: 'bad_phrase', details: { count: 23 } });
    expect(refusal([...words, 'zoo']).message).toContain('25');
    expect(refusal([]).message).toContain('0');
  });

  test('says which words are not in the list, by position, without repeating them', () => {
    const words = phraseOf(new Uint8Array(32).fill(7));
    words[6] = 'hunter2';
    const one = refusal(words);
    expect(one).toMatchObject({
      code: 'bad_phrase',
      message: 'Word 7 is not in the word list',
      details: { positions: [7] },
    });
    words[23] = 'passw0rd';
    const two = refusal(words);
    expect(two).toMatchObject({ message: 'Words 7, 24 are not in the word list', details: { positions: [7, 24] } });
    for (const error of [one, two])
      expect(JSON.stringify([error.message, error.details, error.advice])).not.toMatch(/hunter2|passw0rd/);
  });

  test('another last word breaks the checksum; no error quotes the phrase', () => {
    fc.assert(
      fc.property(roots, (root) => {
        const words = phraseOf(root);
        // The last word holds 3 bits of entropy and 8 of checksum: flipping a checksum bit is always wrong.
        const last = wordlist.indexOf(words[23]!);
        const error = refusal([...words.slice(0, 23), wordlist[last ^ 1]!]);
        const constant = 'All words are in the list but they do not belong together: one is wrong or two are swapped';
        return error.code === 'bad_phrase' && error.cause === undefined && error.message === constant;
      }),
    );
  });
});

describe('fingerprint words', () => {
  test('are the first 44 bits, 11 a word', () => {
    expect(fingerprintWords('0'.repeat(64))).toBe('abandon abandon abandon abandon');
    expect(fingerprintWords('f'.repeat(64))).toBe('zoo zoo zoo zoo');
    fc.assert(
      fc.property(roots, (id) => {
        const bits = [...id].map((b) => b.toString(2).padStart(8, '0')).join('');
        const expected = [0, 11, 22, 33].map((at) => wordlist[Number.parseInt(bits.slice(at, at + 11), 2)]);
        return fingerprintWords(hex(id)) === expected.join(' ');
      }),
    );
  });
});
