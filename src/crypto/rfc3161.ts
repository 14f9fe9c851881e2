import { oidOf, readDer, smallInteger, timeOfDer, type Der } from './der';
import { concat, equalBytes, hex } from './encoding';
import type { Sha256 } from './hash';
import { importTsaKey, type TsaCertificate } from './tsa-certificate';

/** A timestamp token (RFC 3161) as it was read: nothing in it is believed until {@link timestampFlaw} says nothing. */
export interface Timestamp {
  /** What was stamped. */
  imprint: Sha256;
  /** ms since 1970, by the authority's clock. */
  time: number;
  /** How far that clock may be off, in ms; 0 where the authority does not say. */
  accuracyMs: number;
  /** The policy under which it was given, in dotted form. */
  policy: string;
  /** Hex. */
  serial: string;
  signed: SignedInfo;
}

interface SignedInfo {
  content: Uint8Array;
  /** The signed attributes as they are signed: tagged as the SET that they are. */
  attributes: Uint8Array;
  messageDigest: Uint8Array;
  hash: HashName;
  signatureAlgorithm: string;
  signature: Uint8Array;
  /** Issuer and serial number, or the subject key identifier. */
  signer: Der;
  certificate: { hash: HashName | 'SHA-1'; digest: Uint8Array };
  /** Certificates that the token carries. */
  certificates: readonly Uint8Array[];
}

type HashName = 'SHA-256' | 'SHA-384' | 'SHA-512';
const HASHES: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const RSA = '1.2.840.113549.1.1.1';
const SIGNATURES: Readonly<Record<string, readonly ['rsa' | 'ec', HashName]>> = {
  '1.2.840.113549.1.1.11': ['rsa', 'SHA-256'],
  '1.2.840.113549.1.1.12': ['rsa', 'SHA-384'],
  '1.2.840.113549.1.1.13': ['rsa', 'SHA-512'],
  '1.2.840.10045.4.3.2': ['ec', 'SHA-256'],
  '1.2.840.10045.4.3.3': ['ec', 'SHA-384'],
  '1.2.840.10045.4.3.4': ['ec', 'SHA-512'],
};
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';

/**
 * Reads a TimeStampResp that was granted, or the bare token in it: CMS SignedData (RFC 5652) by one signer over a
 * TSTInfo, with a SHA-256 imprint. Checks no signature.
 *
 * @returns `undefined` for anything else
 */
export function parseTimestamp(bytes: Uint8Array): Timestamp | undefined {
  const outer = readDer(bytes);
  const token = outer && (outer.children[0]?.tag === 0x30 ? granted(outer) : outer);
  const [type, wrapped] = sequence(token);
  if (oidOf(type) !== SIGNED_DATA || wrapped?.tag !== 0xa0) return undefined;
  const [, , encapsulated, ...rest] = sequence(wrapped.children[0]);
  const [contentType, contentBox] = sequence(encapsulated);
  const content = contentBox?.children[0];
  if (oidOf(contentType) !== TST_INFO || contentBox?.tag !== 0xa0 || content?.tag !== 0x04) return undefined;
  const certificates = (rest.find(({ tag }) => tag === 0xa0)?.children ?? []).map(({ whole }) => whole);
  const signers = rest.at(-1);
  if (signers?.tag !== 0x31 || signers.children.length !== 1) return undefined;
  const info = readInfo(content.content);
  const signed = readSigner(signers.children[0]!, content.content);
  return info && signed && { ...info, signed: { ...signed, certificates } };
}

const sequence = (value: Der | undefined): readonly Der[] => (value?.tag === 0x30 ? value.children : []);

function granted(response: Der): Der | undefined {
  const [status, token] = sequence(response);
  const code = smallInteger(sequence(status)[0]);
  return code === 0 || code === 1 ? token : undefined;
}

/** TSTInfo (RFC 3161 §2.4.2). */
function readInfo(bytes: Uint8Array): Omit<Timestamp, 'signed'> | undefined {
  const [version, policyId, messageImprint, serialNumber, genTime, ...rest] = sequence(readDer(bytes));
  const [algorithm, imprint] = sequence(messageImprint);
  const policy = oidOf(policyId);
  const time = timeOfDer(genTime);
  const accuracyMs = rest[0]?.tag === 0x30 ? readAccuracy(rest[0]) : 0;
  if (smallInteger(version) !== 1 || policy === undefined || serialNumber?.tag !== 0x02) return undefined;
  if (HASHES[oidOf(sequence(algorithm)[0]) ?? ''] !== 'SHA-256' || imprint?.tag !== 0x04) return undefined;
  if (imprint.content.length !== 32 || genTime?.tag !== 0x18 || time === undefined || accuracyMs === undefined)
    return undefined;
  return { imprint: hex(imprint.content), time, accuracyMs, policy, serial: hex(serialNumber.content) };
}

/** Seconds, and tagged [0] and [1] milli- and microseconds; rounded up to ms. */
function readAccuracy({ children }: Der): number | undefined {
  const part = (tag: number): number | undefined => {
    const found = children.find((child) => child.tag === tag);
    return found ? smallInteger(found, tag) : 0;
  };
  const [seconds, millis, micros] = [part(0x02), part(0x80), part(0x81)];
  if (seconds === undefined || millis === undefined || micros === undefined) return undefined;
  if (seconds > 86_400 || millis > 999 || micros > 999) return undefined;
  return seconds * 1000 + millis + Math.ceil(micros / 1000);
}

/** SignerInfo with signed attributes (RFC 5652 §5.3), as a token must have them. */
function readSigner(value: Der, content: Uint8Array): Omit<SignedInfo, 'certificates'> | undefined {
  const [, signer, digestAlgorithm, attributes, algorithm, signature] = sequence(value);
  const hash = HASHES[oidOf(sequence(digestAlgorithm)[0]) ?? ''];
  const signatureAlgorithm = oidOf(sequence(algorithm)[0]);
  if (!signer || !hash || attributes?.tag !== 0xa0 || signatureAlgorithm === undefined) return undefined;
  const messageDigest = attribute(attributes, MESSAGE_DIGEST);
  const certificate = signingCertificate(attributes);
  if (signature?.tag !== 0x04 || messageDigest?.tag !== 0x04 || !certificate) return undefined;
  if (oidOf(attribute(attributes, CONTENT_TYPE)) !== TST_INFO) return undefined;
  const signed = concat(Uint8Array.of(0x31), attributes.whole.subarray(1));
  return {
    content,
    attributes: signed,
    messageDigest: messageDigest.content,
    hash,
    signatureAlgorithm,
    signature: signature.content,
    signer,
    certificate,
  };
}

/** The one value of the one attribute of this type. */
function attribute(attributes: Der, type: string): Der | undefined {
  const found = attributes.children.filter((one) => oidOf(sequence(one)[0]) === type);
  const values = found.length === 1 ? sequence(found[0])[1] : undefined;
  return values?.tag === 0x31 && values.children.length === 1 ? values.children[0] : undefined;
}

/** The hash of the signer's certificate: ESSCertIDv2 (RFC 5035), else ESSCertID (RFC 2634) with its SHA-1. */
function signingCertificate(attributes: Der): SignedInfo['certificate'] | undefined {
  const second = attribute(attributes, SIGNING_CERTIFICATE_V2);
  const [first, ...rest] = sequence(sequence(sequence(second ?? attribute(attributes, SIGNING_CERTIFICATE))[0])[0]);
  const named = second && first?.tag === 0x30 ? HASHES[oidOf(first.children[0]) ?? ''] : undefined;
  const digest = named ? rest[0] : first;
  if (digest?.tag !== 0x04) return undefined;
  return { hash: named ?? (second ? 'SHA-256' : 'SHA-1'), digest: digest.content };
}

/**
 * Why `certificate`, which the caller trusts, does not vouch for the token, in words; `undefined` when it does. The very
 * certificate of the authority is asked for: no chain is built from a root.
 */
export async function timestampFlaw(stamp: Timestamp, certificate: TsaCertificate): Promise<string | undefined> {
  const { signed, time } = stamp;
  const named = await digestOf(signed.certificate.hash, certificate.der);
  const isCarried =
    signed.certificates.length === 0 || signed.certificates.some((one) => equalBytes(one, certificate.der));
  if (!equalBytes(named, signed.certificate.digest) || !isCarried || !isSigner(signed.signer, certificate))
    return 'it is by another authority than the one whose certificate you gave';
  if (time < certificate.notBefore || time > certificate.notAfter)
    return 'its time is outside the time in which the certificate is valid';
  if (!equalBytes(await digestOf(signed.hash, signed.content), signed.messageDigest))
    return 'what it says is not what was signed';
  return (await isSignedBy(signed, certificate)) ? undefined : 'its signature does not hold';
}

/** A subject key identifier says nothing that the certificate's hash does not. */
function isSigner(signer: Der, { issuer, serial }: TsaCertificate): boolean {
  if (signer.tag === 0x80) return true;
  const [name, number] = sequence(signer);
  return !!name && !!number && equalBytes(name.whole, issuer) && equalBytes(number.whole, serial);
}

async function isSignedBy(signed: SignedInfo, certificate: TsaCertificate): Promise<boolean> {
  const { hash, signatureAlgorithm } = signed;
  const [kind, over] = signatureAlgorithm === RSA ? (['rsa', hash] as const) : (SIGNATURES[signatureAlgorithm] ?? []);
  if (over !== hash || kind !== certificate.key.kind) return false;
  const signature =
    certificate.key.kind === 'rsa' ? signed.signature : rawEcdsa(signed.signature, certificate.key.bytes);
  if (!signature) return false;
  try {
    const key = await importTsaKey(certificate, hash);
    const algorithm = kind === 'rsa' ? 'RSASSA-PKCS1-v1_5' : { name: 'ECDSA', hash };
    return await crypto.subtle.verify(algorithm, key, signature as BufferSource, signed.attributes as BufferSource);
  } catch {
    return false; // A key that the runtime refuses to import.
  }
}

/** r and s of `length` bytes each, as WebCrypto takes them, from their DER. */
function rawEcdsa(der: Uint8Array, length: number): Uint8Array | undefined {
  const parts = sequence(readDer(der)).map((part) => (part.tag === 0x02 ? unsigned(part.content, length) : undefined));
  const [r, s] = parts;
  return parts.length === 2 && r && s ? concat(r, s) : undefined;
}

function unsigned(content: Uint8Array, length: number): Uint8Array | undefined {
  const digits = content[0] === 0 ? content.subarray(1) : content;
  if (content.length === 0 || content[0]! >= 0x80 || digits.length > length) return undefined;
  return concat(new Uint8Array(length - digits.length), digits);
}

const digestOf = async (hash: HashName | 'SHA-1', bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest(hash, bytes as BufferSource));
