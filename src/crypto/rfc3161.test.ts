import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oidOf, readDer, smallInteger, timeOfDer, type Der } from './der';
import { concat, fromHex, utf8 } from './encoding';
import { sha256Hex } from './hash';
import { parseTimestamp, timestampFlaw } from './rfc3161';
import { makeTsa, type TestTsa } from './testkit';
import { parseTsaCertificate } from './tsa-certificate';

const TEXT = utf8('sovereign-node/0123456789abcdef\n3\nroot\n');
let rsa: TestTsa;
let ec: TestTsa;
beforeAll(() => {
  rsa = makeTsa('rsa');
  ec = makeTsa('P-256');
});
afterAll(() => {
  rsa.remove();
  ec.remove();
});

const flaw = async (token: Uint8Array, pem: string): Promise<string | undefined> =>
  timestampFlaw(parseTimestamp(token)!, parseTsaCertificate(pem)!);

describe('tokens that OpenSSL made', () => {
  test.each([
    ['rsa', 'sha256', 'sha256'],
    ['rsa', 'sha384', 'sha384'],
    ['rsa', 'sha512', 'sha1'],
    ['P-256', 'sha256', 'sha256'],
    ['P-384', 'sha384', 'sha512'],
    ['P-384', 'sha512', 'sha256'],
  ] as const)('%s with %s hold, the certificate named by its %s', async (kind, digest, ess) => {
    const tsa = makeTsa(kind, { digest, ess });
    const before = Date.now();
    for (const options of [{}, { token: true }, { bare: true }]) {
      const token = tsa.stamp(TEXT, options);
      const stamp = parseTimestamp(token)!;
      expect(stamp).toMatchObject({ imprint: sha256Hex(TEXT), policy: '1.2.3.4.1', accuracyMs: 1500 });
      expect(stamp.time).toBeGreaterThanOrEqual(before - 1);
      expect(stamp.time).toBeLessThanOrEqual(Date.now() + 1);
      expect(await flaw(token, tsa.pem)).toBeUndefined();
    }
    tsa.remove();
  });

  test('another certificate does not vouch for them', async () => {
    expect(await flaw(rsa.stamp(TEXT), ec.pem)).toContain('another authority');
    const twin = makeTsa('rsa');
    expect(await flaw(rsa.stamp(TEXT), twin.pem)).toContain('another authority');
    twin.remove();
  });

  test('a time outside the certificate does not hold', async () => {
    const stamp = parseTimestamp(ec.stamp(TEXT))!;
    const certificate = parseTsaCertificate(ec.pem)!;
    const late = { ...certificate, notAfter: stamp.time - 1 };
    expect(await timestampFlaw(stamp, late)).toContain('outside the time');
  });

  test('no changed byte of what is signed holds', async () => {
    for (const tsa of [rsa, ec]) {
      const token = tsa.stamp(TEXT, { token: true, bare: true });
      const { signed } = parseTimestamp(token)!;
      let [refused, wrong] = [0, 0];
      for (const part of [signed.content, signed.attributes.subarray(4), signed.signature]) {
        const at = Buffer.from(token).indexOf(part);
        expect(at).toBeGreaterThan(0);
        for (let i = at; i < at + part.length; i++) {
          const changed = Uint8Array.from(token);
          changed[i]! ^= 0x01;
          const stamp = parseTimestamp(changed);
          if (!stamp) refused++;
          else if ((await timestampFlaw(stamp, parseTsaCertificate(tsa.pem)!)) !== undefined) wrong++;
          else expect.fail(`a token with byte ${i} changed holds`);
        }
      }
      expect(refused).toBeGreaterThan(0);
      expect(wrong).toBeGreaterThan(signed.signature.length / 2);
    }
  });
});

describe('certificates', () => {
  test.each(['timeStamping', 'critical,serverAuth', 'critical,timeStamping,serverAuth'])('%s is refused', (usage) => {
    const tsa = makeTsa('P-256', { usage });
    expect(parseTsaCertificate(tsa.pem)).toBeUndefined();
    tsa.remove();
  });

  test('anything but one certificate is refused', () => {
    expect(parseTsaCertificate(ec.pem.replaceAll('\n', '\r\n'))).toBeDefined();
    for (const text of ['', 'noise', ec.pem + ec.pem, ec.pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')])
      expect(parseTsaCertificate(text)).toBeUndefined();
  });
});

describe('DER', () => {
  const der = (text: string): Der | undefined => readDer(fromHex(text)!);

  test.each([
    ['nothing', ''],
    ['a length that is not definite', '3080020101' + '0000'],
    ['a length that could be shorter', '04810100'],
    ['leading zeros in a length', '0482008' + '0'.repeat(257)],
    ['a tag number of 31', '1f0101'],
    ['bytes behind it', '020101' + '00'],
    ['too few bytes', '020201'],
    ['a child that is longer than its parent', '3003020201'],
  ])('%s is refused', (_, text) => {
    expect(der(text)).toBeUndefined();
  });

  test('is read to a bounded depth only', () => {
    let bytes = Uint8Array.of(5, 0);
    for (let i = 0; i < 23; i++) bytes = concat(Uint8Array.of(0x30, bytes.length), bytes);
    expect(readDer(bytes)).toBeDefined();
    expect(readDer(concat(Uint8Array.of(0x30, bytes.length), bytes))).toBeUndefined();
  });

  test('values are read as X.690 has them', () => {
    expect(oidOf(der('06092a864886f70d010702'))).toBe('1.2.840.113549.1.7.2');
    expect(oidOf(der('0603883703'))).toBe('2.999.3');
    expect(oidOf(der('06022a80'))).toBeUndefined();
    expect(oidOf(der('06032a8001'))).toBeUndefined();
    expect(smallInteger(der('02020080'))).toBe(128);
    for (const bad of ['0200', '020180', '02020001', '020701020304050607'])
      expect(smallInteger(der(bad))).toBeUndefined();
  });

  test.each([
    ['20261121071518Z', '2026-11-21T07:15:18.000Z'],
    ['20261121071518.12Z', '2026-11-21T07:15:18.120Z'],
    ['20261121071518.1201Z', '2026-11-21T07:15:18.121Z'],
    ['20261121071518.10Z', undefined],
    ['20261121071518.Z', undefined],
    ['20260230000000Z', undefined],
    ['20261121071518', undefined],
    ['20261121071518+0100', undefined],
  ])('the time %s is %s', (text, iso) => {
    const value = readDer(concat(Uint8Array.of(0x18, text.length), utf8(text)));
    expect(timeOfDer(value)).toBe(iso === undefined ? undefined : Date.parse(iso));
  });

  test('property: whatever comes, it is read in whole or not at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const value = readDer(bytes);
        if (value) expect(value.whole).toEqual(bytes);
      }),
    );
  });

  test('property: a damaged token is refused or has a flaw, and nothing is thrown', async () => {
    const token = ec.stamp(TEXT);
    const certificate = parseTsaCertificate(ec.pem)!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, bit, cut) => {
          const changed = cut ? token.slice(0, at) : Uint8Array.from(token);
          if (!cut) changed[at]! ^= bit;
          const stamp = parseTimestamp(changed);
          if (cut) expect(stamp).toBeUndefined();
          else if (stamp) expect(['string', 'undefined']).toContain(typeof (await timestampFlaw(stamp, certificate)));
          if (stamp && (await timestampFlaw(stamp, certificate)) === undefined)
            expect(stamp.imprint).toBe(sha256Hex(TEXT));
        },
      ),
      { numRuns: 300 },
    );
  });
});
