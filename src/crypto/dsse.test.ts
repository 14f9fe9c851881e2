import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  base64,
  DsseError,
  dsseKeyId,
  encodeEnvelope,
  fromUtf8,
  jcs,
  pae,
  parseEnvelope,
  parsePublicKeyPem,
  parseStatement,
  publicKeyPem,
  signerFromSeed,
  STATEMENT_PAYLOAD,
  STATEMENT_TYPE,
  utf8,
  verifyEnvelope,
  type Signer,
} from '.';

const STATEMENT = {
  _type: STATEMENT_TYPE,
  subject: [{ name: 'model.json', digest: { sha256: 'a'.repeat(64) } }],
  predicateType: 'https://in-toto.io/attestation/link/v0.3',
  predicate: {},
};

let signer: Signer;
let other: Signer;
beforeAll(async () => {
  signer = await signerFromSeed(new Uint8Array(32).fill(7));
  other = await signerFromSeed(new Uint8Array(32).fill(8));
});

async function envelope(payload: Uint8Array, by = signer, claims = by): Promise<Uint8Array> {
  const sig = await by.sign(pae(STATEMENT_PAYLOAD, payload));
  return encodeEnvelope({
    payloadType: STATEMENT_PAYLOAD,
    payload,
    signatures: [{ keyid: dsseKeyId(claims.publicKey), sig }],
  });
}

describe('DSSE', () => {
  test('the pre-authentication encoding of the specification', () => {
    expect(fromUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  test('signs, parses and verifies; not by another key, not under a borrowed key id', async () => {
    const good = parseEnvelope(await envelope(utf8(jcs(STATEMENT))));
    expect(parseStatement(good)).toEqual(STATEMENT);
    expect(await verifyEnvelope(good, signer.publicKey)).toBe(true);
    expect(await verifyEnvelope(good, other.publicKey)).toBe(false);
    const borrowed = parseEnvelope(await envelope(utf8(jcs(STATEMENT)), other, signer));
    expect(await verifyEnvelope(borrowed, signer.publicKey)).toBe(false);
  });

  test('any changed byte is refused, or no longer verifies', async () => {
    const bytes = await envelope(utf8(jcs(STATEMENT)));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= mask;
        try {
          expect(await verifyEnvelope(parseEnvelope(changed), signer.publicKey)).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(DsseError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['no signatures', { payload: '', payloadType: 'x', signatures: [] }],
    ['a field too many', { payload: '', payloadType: 'x', signatures: [], more: 1 }],
    [
      'a short signature',
      { payload: '', payloadType: 'x', signatures: [{ keyid: 'a'.repeat(64), sig: base64(utf8('x')) }] },
    ],
    ['no key id', { payload: '', payloadType: 'x', signatures: [{ keyid: 'k', sig: base64(new Uint8Array(64)) }] }],
    [
      'URL-safe base64',
      { payload: '_-==', payloadType: 'x', signatures: [{ keyid: 'a'.repeat(64), sig: base64(new Uint8Array(64)) }] },
    ],
    ['no object', []],
  ])('bad_envelope: %s', (_, json) => {
    expect(() => parseEnvelope(utf8(jcs(json)))).toThrow(expect.objectContaining({ code: 'bad_envelope' }) as Error);
  });

  test.each([
    ['another type', { ...STATEMENT, _type: 'https://in-toto.io/Statement/v0.1' }],
    ['a subject without a hash', { ...STATEMENT, subject: [{ name: 'x', digest: {} }] }],
    ['a missing predicate', { ...STATEMENT, predicate: null }],
    ['a field too many', { ...STATEMENT, more: 1 }],
  ])('bad_statement: %s', async (_, json) => {
    const parsed = parseEnvelope(await envelope(utf8(jcs(json))));
    expect(() => parseStatement(parsed)).toThrow(expect.objectContaining({ code: 'bad_statement' }) as Error);
  });
});

describe('PEM', () => {
  test('round-trips, in exactly one spelling', () => {
    const pem = publicKeyPem(signer.publicKey);
    expect(parsePublicKeyPem(pem)).toEqual(signer.publicKey);
    for (const text of [pem.trim(), ` ${pem}`, pem.replace('PUBLIC', 'PRIVATE'), pem.replace('MCow', 'MCox')])
      expect(parsePublicKeyPem(text)).toBeUndefined();
  });
});
