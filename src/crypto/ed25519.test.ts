import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import vectors from '../../docs/vectors/ed25519-edge-cases.json';
import { isSafePublicKey, publicKeyOf, signerFromSeed, verifyInJs, verifySignature } from './ed25519';
import { fromHex, utf8 } from './encoding';

interface Case {
  key: Uint8Array;
  signature: Uint8Array;
  message: Uint8Array;
  accepted: boolean;
}

const cases = (rows: (string | boolean)[][], message: (text: string) => Uint8Array): Case[] =>
  rows.map(([key, signature, text, accepted]) => ({
    key: fromHex(key as string)!,
    signature: fromHex(signature as string)!,
    message: message(text as string),
    accepted: accepted as boolean,
  }));

const SETS: [string, Case[]][] = [
  ['the twelve of Chalkias et al.', cases(vectors.speccheck, (text) => fromHex(text)!)],
  ['the points of CCTV', cases(vectors.cctv, utf8)],
];

describe.each(SETS)('%s', (_name, rows) => {
  test('are accepted and refused by one rule set', async () => {
    for (const { key, signature, message, accepted } of rows)
      expect(await verifySignature(key, message, signature)).toBe(accepted);
  });

  test('are judged the same where there is no WebCrypto', () => {
    const order = ed25519.Point.Fn.ORDER;
    for (const { key, signature, message, accepted } of rows) {
      const s = ed25519.Point.Fn.fromBytes(signature.subarray(32), true);
      expect(s < order && isSafePublicKey(key) && verifyInJs(key, message, signature)).toBe(accepted);
    }
  });
});

test('an own signature holds in both ways of checking, and not for another message', async () => {
  const seed = new Uint8Array(32).fill(7);
  const key = publicKeyOf(seed);
  const signature = await (await signerFromSeed(seed)).sign(utf8('a'));
  expect(await verifySignature(key, utf8('a'), signature)).toBe(true);
  expect(verifyInJs(key, utf8('a'), signature)).toBe(true);
  expect(await verifySignature(key, utf8('b'), signature)).toBe(false);
  expect(verifyInJs(key, utf8('b'), signature)).toBe(false);
});
