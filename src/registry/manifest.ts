import * as v from 'valibot';
import {
  fromBase64,
  fromHex,
  isSafePublicKey,
  JsonError,
  jcsBytes,
  parseCanonical,
  sha256Hex,
  type Sha256,
} from '../crypto';
import { LIMITS } from '../protocol/limits';
import { isGrant } from '../protocol/grants';
import { isVersion } from './semver';
import { RegistryError, type SignedManifest, type SkillManifest } from './types';

/** Directional marks let a text show another name than it has; control characters break lines. */
const HOSTILE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

export const line = (chars: number) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(chars),
    v.check((text) => text.isWellFormed() && !HOSTILE.test(text) && text.trim() === text, 'a plain line of text'),
  );
const count = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

export const NameShape = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name of a-z, 0-9 and -'));
export const VersionShape = v.pipe(v.string(), v.check(isVersion, 'a version as in SemVer, without build metadata'));
export const Sha256Shape = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower hex'));
export const KeyShape = v.pipe(
  v.string(),
  v.check((text) => isSafePublicKey(fromHex(text) ?? new Uint8Array()), 'a safe Ed25519 key in lower hex'),
);
export const SignatureShape = v.pipe(
  v.string(),
  v.check((text) => text.length === 88 && fromBase64(text)?.length === 64, 'an Ed25519 signature in base64'),
);
const GrantShape = v.pipe(v.string(), v.check(isGrant, 'no capability that there is'));

const ManifestShape = v.strictObject({
  v: v.literal(1),
  name: NameShape,
  version: VersionShape,
  title: line(80),
  description: line(1_000),
  abi: v.picklist(['raw', 'extism', 'wasi', 'quickjs']),
  entry: v.exactOptional(v.pipe(v.string(), v.regex(/^[\w.$-]{1,128}$/, 'the name of an export'))),
  sha256: Sha256Shape,
  bytes: count(8, LIMITS.skillBytes),
  capabilities: v.pipe(
    v.array(v.strictObject({ grant: GrantShape, why: line(200) })),
    v.maxLength(LIMITS.manifestCapabilities),
    v.check((list) => new Set(list.map((c) => c.grant)).size === list.length, 'one capability twice'),
  ),
  limits: v.strictObject({
    memoryPages: count(1, LIMITS.skillMemoryPages),
    wallMs: count(1, LIMITS.skillTimeoutMs),
    outputBytes: count(1, LIMITS.skillOutputBytes),
    gas: count(1, LIMITS.skillMaxGas),
    hostCalls: count(1, LIMITS.skillMaxHostCalls),
    hostBytes: count(1, LIMITS.skillMaxHostBytes),
  }),
  licence: line(64),
  icon: v.exactOptional(NameShape),
  input: line(400),
  output: line(400),
  author: v.exactOptional(KeyShape),
  signature: v.exactOptional(SignatureShape),
}) satisfies v.GenericSchema<unknown, SkillManifest>;

/**
 * A manifest's form: every field, no other, each within its bounds. Says nothing of its signature.
 * @throws RegistryError `bad_manifest` with details.field
 */
export function readManifest(value: unknown): SkillManifest {
  const parsed = v.safeParse(ManifestShape, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? '';
    throw bad(`${field || 'it'} is not ${expectation(issue.message)}`, field);
  }
  const manifest = parsed.output;
  if ((manifest.author === undefined) !== (manifest.signature === undefined))
    throw bad('an author signs, and a signature has an author', 'signature');
  if (jcsBytes(manifest).length > LIMITS.manifestBytes)
    throw bad(`it is longer than ${LIMITS.manifestBytes} bytes`, '');
  return manifest;
}

/**
 * A signed manifest from its file. The bytes are canonical (RFC 8785), so their SHA-256 is the manifest's address.
 * @throws RegistryError `bad_manifest`
 */
export function parseManifest(bytes: Uint8Array): SignedManifest {
  if (bytes.length > LIMITS.manifestBytes) throw bad(`it is longer than ${LIMITS.manifestBytes} bytes`, '');
  let value: unknown;
  try {
    value = parseCanonical(bytes);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw bad(`it is not canonical JSON (${cause.message})`, '', cause);
  }
  const manifest = readManifest(value);
  const { author, signature } = manifest;
  if (author === undefined || signature === undefined) throw bad('nobody signed it', 'signature');
  return { ...manifest, author, signature };
}

/** SHA-256 of the canonical bytes, signature included: how a version is named. */
export const manifestAddress = (manifest: SignedManifest): Sha256 => sha256Hex(jcsBytes(manifest));

/** The capabilities that it asks for. */
export const wanted = ({ capabilities }: Pick<SkillManifest, 'capabilities'>): string[] =>
  capabilities.map(({ grant }) => grant);

const expectation = (message: string): string =>
  message.startsWith('Invalid') ? `as it must be (${message})` : message;

const bad = (what: string, field: string, cause?: unknown): RegistryError =>
  new RegistryError('bad_manifest', `The manifest is refused: ${what}.`, {
    cause,
    details: { field },
    advice: 'Ask its author for a correct one; docs/registry.md has the format.',
  });
