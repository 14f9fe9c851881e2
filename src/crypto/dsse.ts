import { SovereignError } from '../protocol/errors';
import type { Json, JsonObject } from '../protocol/json';
import { verifySignature } from './ed25519';
import { base64, concat, fromBase64, utf8 } from './encoding';
import { isSha256 } from './hash';
import { jcsBytes } from './jcs';
import { parseCanonical } from './json';
import { dsseKeyId } from './pem';

export type DsseCode = 'bad_envelope' | 'bad_statement';
export class DsseError extends SovereignError<DsseCode> {
  override readonly name = 'DsseError';
}

export const STATEMENT_PAYLOAD = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** One signer is the rule, a few the exception. */
const MAX_SIGNATURES = 16;

export interface DsseSignature {
  /** {@link dsseKeyId} of the signing key. */
  keyid: string;
  sig: Uint8Array;
}
export interface DsseEnvelope {
  payloadType: string;
  payload: Uint8Array;
  signatures: DsseSignature[];
}

/** in-toto Statement v1: what `predicate` says is said of every subject, which is named by its digest. */
export interface Statement {
  _type: typeof STATEMENT_TYPE;
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: string;
  predicate: JsonObject;
}

/** DSSE v1's pre-authentication encoding: the bytes that are signed. */
export const pae = (payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload);

/** The envelope's one form: RFC 8785 JSON, padded standard base64. */
export function encodeEnvelope(envelope: DsseEnvelope): Uint8Array<ArrayBuffer> {
  return jcsBytes({
    payload: base64(envelope.payload),
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: base64(sig) })),
  });
}

/**
 * Strict: accepts exactly what {@link encodeEnvelope} writes, with 1 to 16 signatures of 64 bytes.
 *
 * @throws DsseError `bad_envelope`.
 */
export function parseEnvelope(bytes: Uint8Array): DsseEnvelope {
  const json = canonical(bytes, 'bad_envelope', 'the envelope');
  if (!isObject(json) || !hasKeys(json, ['payload', 'payloadType', 'signatures']))
    fail('the envelope has other fields');
  const { payload, payloadType, signatures } = json;
  if (typeof payloadType !== 'string' || !Array.isArray(signatures)) fail('a field has the wrong type');
  if (signatures.length < 1 || signatures.length > MAX_SIGNATURES) fail(`${signatures.length} signatures`);
  return { payloadType, payload: bytesOf(payload, 'payload'), signatures: signatures.map(signatureOf) };
}

function signatureOf(json: Json): DsseSignature {
  if (!isObject(json) || !hasKeys(json, ['keyid', 'sig'])) fail('a signature has other fields');
  const { keyid, sig } = json;
  if (typeof keyid !== 'string' || !isSha256(keyid)) fail('a keyid is not a SHA-256');
  const bytes = bytesOf(sig, 'signature');
  return bytes.length === 64 ? { keyid, sig: bytes } : fail('a signature is not 64 bytes');
}

/** True when there is a signature by `publicKey`, and every signature that claims that key is one. */
export async function verifyEnvelope(envelope: DsseEnvelope, publicKey: Uint8Array): Promise<boolean> {
  const id = dsseKeyId(publicKey);
  const mine = envelope.signatures.filter((s) => s.keyid === id);
  const message = pae(envelope.payloadType, envelope.payload);
  const answers = await Promise.all(mine.map((s) => verifySignature(publicKey, message, s.sig)));
  return answers.length > 0 && answers.every(Boolean);
}

/**
 * The statement of an envelope, in canonical form, with subjects named by SHA-256.
 *
 * @throws DsseError `bad_statement`.
 */
export function parseStatement(envelope: DsseEnvelope): Statement {
  if (envelope.payloadType !== STATEMENT_PAYLOAD) fail(`a payload of type ${envelope.payloadType}`, 'bad_statement');
  return statementOf(canonical(envelope.payload, 'bad_statement', 'the payload'));
}

/** @throws DsseError `bad_statement` unless `json` is a {@link Statement}. */
export function statementOf(json: Json): Statement {
  if (!isObject(json) || !hasKeys(json, ['_type', 'predicate', 'predicateType', 'subject']))
    fail('the statement has other fields', 'bad_statement');
  const { _type, subject, predicateType, predicate } = json;
  if (_type !== STATEMENT_TYPE) fail('not an in-toto Statement v1', 'bad_statement');
  if (typeof predicateType !== 'string' || !isObject(predicate) || !Array.isArray(subject))
    fail('a field has the wrong type', 'bad_statement');
  return { _type, subject: subject.map(subjectOf), predicateType, predicate };
}

function subjectOf(json: Json): Statement['subject'][number] {
  const digest = isObject(json) && isObject(json['digest']) ? json['digest']['sha256'] : undefined;
  const name = isObject(json) ? json['name'] : undefined;
  if (typeof name !== 'string' || typeof digest !== 'string' || !isSha256(digest))
    fail('a subject has no name or no SHA-256', 'bad_statement');
  return { name, digest: { sha256: digest } };
}

function canonical(bytes: Uint8Array, code: DsseCode, what: string): Json {
  try {
    return parseCanonical(bytes);
  } catch (cause) {
    throw new DsseError(code, `${what} is not canonical JSON`, { cause });
  }
}

function bytesOf(json: Json | undefined, what: string): Uint8Array {
  return (typeof json === 'string' ? fromBase64(json) : undefined) ?? fail(`the ${what} is not base64`);
}

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
const hasKeys = (json: JsonObject, keys: readonly string[]): boolean =>
  Object.keys(json).length === keys.length && keys.every((key) => Object.hasOwn(json, key));

function fail(message: string, code: DsseCode = 'bad_envelope'): never {
  throw new DsseError(code, message);
}
