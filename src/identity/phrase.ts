import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { fromHex } from '../crypto';
import { IdentityError } from './types';

/** Words of a recovery phrase: 256 bits and 8 of checksum, 11 bits a word (BIP-39). */
export const PHRASE_WORDS = 24;

const known = new Set(wordlist);

/** The recovery phrase of a root: 24 English BIP-39 words. The root is the phrase's entropy, not its PBKDF2 seed. */
export const phraseOf = (root: Uint8Array): string[] => entropyToMnemonic(root, wordlist).split(' ');

/**
 * The root of a recovery phrase; the caller wipes it. Case and white space don't matter. The words themselves never
 * stand in an error, only their positions from 1 (`details.positions`).
 *
 * @throws IdentityError `bad_phrase`
 */
export function rootOfPhrase(words: readonly string[]): Uint8Array<ArrayBuffer> {
  const given = words.join(' ').normalize('NFKD').toLowerCase().split(/\s+/).filter(Boolean);
  if (given.length !== PHRASE_WORDS) {
    throw badPhrase(`A recovery phrase has ${PHRASE_WORDS} words; this one has ${given.length}`, {
      count: given.length,
    });
  }
  const positions = given.flatMap((word, i) => (known.has(word) ? [] : [i + 1]));
  if (positions.length > 0) throw badPhrase(unknownWords(positions), { positions });
  try {
    return mnemonicToEntropy(given.join(' '), wordlist);
  } catch {
    // The library's error may quote the phrase, so it is not passed on as the cause.
    throw badPhrase('All words are in the list but they do not belong together: one is wrong or two are swapped', {});
  }
}

function unknownWords(positions: readonly number[]): string {
  const list = positions.join(', ');
  return positions.length === 1 ? `Word ${list} is not in the word list` : `Words ${list} are not in the word list`;
}

function badPhrase(message: string, details: Record<string, unknown>): IdentityError {
  return new IdentityError('bad_phrase', message, {
    advice: 'Compare each word and the order with what you wrote down.',
    details,
  });
}

/** Four words for a person to compare: the first 44 bits of a node id, 11 a word. Public; no secret. */
export function fingerprintWords(nodeId: string): string {
  let bits = 0n;
  for (const byte of fromHex(nodeId)!.subarray(0, 6)) bits = (bits << 8n) | BigInt(byte);
  return [37n, 26n, 15n, 4n].map((shift) => wordlist[Number((bits >> shift) & 2047n)]!).join(' ');
}
