import * as v from 'valibot';
import { hex, JsonError, jcsBytes, parseCanonical, type Signer } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { KeyShape, line, manifestAddress, NameShape, Sha256Shape, SignatureShape, VersionShape } from './manifest';
import { checkSigned, signedBy } from './sign';
import { compareVersions } from './semver';
import { RegistryError, type IndexEntry, type SignedManifest, type SkillIndex } from './types';

/** What a publisher's folder is called by; the other files in it are named by their SHA-256. */
export const INDEX_FILE = 'index.json';
export const manifestFile = (sha256: string): string => `${sha256}.json`;
export const moduleFile = (sha256: string): string => `${sha256}.wasm`;

const EntryShape = v.strictObject({
  name: NameShape,
  version: VersionShape,
  title: line(80),
  author: KeyShape,
  manifest_sha256: Sha256Shape,
  sha256: Sha256Shape,
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(8), v.maxValue(LIMITS.skillBytes)),
});
const IndexShape = v.strictObject({
  v: v.literal(1),
  title: line(80),
  publisher: KeyShape,
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  skills: v.pipe(v.array(EntryShape), v.maxLength(LIMITS.indexEntries)),
  revoked: v.pipe(
    v.array(v.strictObject({ manifest_sha256: Sha256Shape, reason: line(LIMITS.reasonChars) })),
    v.maxLength(LIMITS.indexEntries),
  ),
  signature: SignatureShape,
}) satisfies v.GenericSchema<unknown, SkillIndex>;

/**
 * An index from its file: canonical bytes, form, signature of its publisher. It vouches for nothing but itself: each
 * manifest has its author's own signature.
 * @throws RegistryError `bad_index`, `bad_signature`
 */
export async function parseIndex(bytes: Uint8Array): Promise<SkillIndex> {
  if (bytes.length > LIMITS.indexBytes) throw bad(`it is longer than ${LIMITS.indexBytes} bytes`);
  let value: unknown;
  try {
    value = parseCanonical(bytes);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw bad(`it is not canonical JSON (${cause.message})`, cause);
  }
  const parsed = v.safeParse(IndexShape, value);
  if (!parsed.success) throw bad(`${v.getDotPath(parsed.issues[0]) ?? ''} ${parsed.issues[0].message}`);
  await checkSigned(parsed.output.publisher, parsed.output, 'The index');
  return parsed.output;
}

export const indexBytes = (index: SkillIndex): Uint8Array<ArrayBuffer> => jcsBytes(index);

export const entryOf = (manifest: SignedManifest): IndexEntry => ({
  name: manifest.name,
  version: manifest.version,
  title: manifest.title,
  author: manifest.author,
  manifest_sha256: manifestAddress(manifest),
  sha256: manifest.sha256,
  bytes: manifest.bytes,
});

/** What an index is, but for what its signing adds. */
export type IndexDraft = Pick<SkillIndex, 'title' | 'skills' | 'revoked'>;

/**
 * The next index of a publisher, skills in order of name and then newest first.
 * @param before the last number; 0 for none
 * @throws RegistryError `version_taken` for a name and version that stands for two manifests; `bad_index`
 */
export async function signIndex(draft: IndexDraft, before: number, publisher: Signer): Promise<SkillIndex> {
  const skills = [...draft.skills].sort(
    (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || compareVersions(b.version, a.version),
  );
  for (const [i, { name, version }] of skills.entries()) {
    if (skills[i + 1]?.name !== name || skills[i + 1]?.version !== version) continue;
    throw new RegistryError('version_taken', `${name} ${version} is in the index already, with other bytes.`, {
      advice: 'Give what you changed a higher version.',
    });
  }
  const publisherKey = hex(publisher.publicKey);
  const body = {
    v: 1 as const,
    title: draft.title,
    publisher: publisherKey,
    number: before + 1,
    skills,
    revoked: draft.revoked,
  };
  const index = await signedBy(publisher, body);
  // What is written can be read.
  return parseIndex(indexBytes(index));
}

const bad = (what: string, cause?: unknown): RegistryError =>
  new RegistryError('bad_index', `The index is refused: ${what}.`, {
    cause,
    advice: 'Ask its publisher for a correct one; docs/registry.md has the format.',
  });
