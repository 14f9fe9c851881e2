import { oidOf, readDer, smallInteger, timeOfDer, type Der } from './der';
import { fromBase64 } from './encoding';

/** The certificate of a time-stamping authority (RFC 5280, RFC 3161 §2.3), as far as tokens are checked by it. */
export interface TsaCertificate {
  der: Uint8Array;
  /** As they stand in it, with their headers. */
  issuer: Uint8Array;
  serial: Uint8Array;
  /** ms since 1970, both included. */
  notBefore: number;
  notAfter: number;
  spki: Uint8Array;
  /** `bytes`: of one coordinate. */
  key: { kind: 'rsa' } | { kind: 'ec'; curve: 'P-256' | 'P-384'; bytes: 32 | 48 };
}

const PEM = /^\s*-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----\s*$/;
const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const P256 = '1.2.840.10045.3.1.7';
const P384 = '1.3.132.0.34';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

/**
 * One certificate in PEM (RFC 7468), for time-stamping alone and saying so as critical, with a key that WebCrypto knows:
 * RSA, or ECDSA on P-256 or P-384. Who issued it is not looked at: it is trusted because it was given from outside.
 *
 * @returns `undefined` for anything else
 */
export function parseTsaCertificate(pem: string): TsaCertificate | undefined {
  const der = fromBase64(PEM.exec(pem)?.[1]?.replace(/\s/g, '') ?? '');
  const tbs = readDer(der ?? new Uint8Array())?.children[0];
  if (!der || tbs?.tag !== 0x30) return undefined;
  const [version, serial, , issuer, validity, , spki, ...rest] = tbs.children;
  const notBefore = timeOfDer(validity?.children[0]);
  const notAfter = timeOfDer(validity?.children[1]);
  const key = spki && keyKind(spki);
  const isThird = version?.tag === 0xa0 && smallInteger(version.children[0]) === 2;
  if (!isThird || serial?.tag !== 0x02 || issuer?.tag !== 0x30 || !key) return undefined;
  if (notBefore === undefined || notAfter === undefined || !isForTimeStamping(rest)) return undefined;
  return { der, issuer: issuer.whole, serial: serial.whole, notBefore, notAfter, spki: spki.whole, key };
}

function keyKind(spki: Der): TsaCertificate['key'] | undefined {
  const [algorithm, parameters] = spki.children[0]?.children ?? [];
  const kind = oidOf(algorithm);
  if (kind === RSA) return { kind: 'rsa' };
  const curve = kind === EC ? oidOf(parameters) : undefined;
  if (curve === P256) return { kind: 'ec', curve: 'P-256', bytes: 32 };
  return curve === P384 ? { kind: 'ec', curve: 'P-384', bytes: 48 } : undefined;
}

function isForTimeStamping(rest: readonly Der[]): boolean {
  const extensions = rest.find(({ tag }) => tag === 0xa3)?.children[0]?.children ?? [];
  const found = extensions.filter(({ children }) => oidOf(children[0]) === EXTENDED_KEY_USAGE);
  const [, critical, value] = found[0]?.children ?? [];
  if (found.length !== 1 || critical?.tag !== 0x01 || critical.content[0] !== 0xff || value?.tag !== 0x04) return false;
  const usages = readDer(value.content)?.children ?? [];
  return usages.length === 1 && oidOf(usages[0]) === TIME_STAMPING;
}

/** @throws DOMException of a key that the runtime refuses */
export function importTsaKey({ spki, key }: TsaCertificate, hash: string): Promise<CryptoKey> {
  const algorithm = key.kind === 'rsa' ? { name: 'RSASSA-PKCS1-v1_5', hash } : { name: 'ECDSA', namedCurve: key.curve };
  return crypto.subtle.importKey('spki', spki as BufferSource, algorithm, false, ['verify']);
}
