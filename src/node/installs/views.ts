import { fromHex, sha256Hex } from '../../crypto';
import { fingerprintWords } from '../../identity';
import { toWireError, type WireError } from '../../protocol/errors';
import { diffGrants } from '../../protocol/grants';
import type { AuthorView, PackageView, SkillView } from '../../protocol/messages';
import {
  manifestAddress,
  openPackage,
  parseManifest,
  RegistryError,
  requireNotRevoked,
  step,
  wanted,
  type RegistryChange,
  type RegistryState,
  type SignedManifest,
} from '../../registry';
import type { BlobStore } from '../../storage';
import type { InstalledSkills } from './installed';

/** What the owner is shown of skills from outside is made of this. */
export interface Views {
  installs: InstalledSkills;
  blobs: Pick<BlobStore, 'get'>;
  /** Whether the build has a skill of this name. */
  isBundled: (name: string) => boolean;
}

export function authorView({ skills, authors }: RegistryState, key: string): AuthorView {
  const names = [...skills].flatMap(([name, { author }]) => (author === key ? [name] : []));
  const { trusted, revoked } = authors.get(key) ?? { trusted: false, revoked: null };
  return { key, words: fingerprintWords(sha256Hex(fromHex(key)!)), trusted, revoked, skills: names.sort() };
}

/** Every author with a skill here, or of whom the owner said something. */
export function authorsView(state: RegistryState): AuthorView[] {
  const keys = new Set([...state.authors.keys(), ...[...state.skills.values()].map(({ author }) => author)]);
  return [...keys].sort().map((key) => authorView(state, key));
}

/** An installed skill; `undefined` when there is none of that name. @throws RegistryError `not_found` when its manifest is gone */
export async function skillView({ installs, blobs }: Views, name: string): Promise<SkillView | undefined> {
  const found = installs.current(name);
  if (!found) return undefined;
  const { skill, version } = found;
  const { state } = installs;
  const bytes = await blobs.get(version.manifestSha256);
  if (!bytes) {
    throw new RegistryError('not_found', `The manifest of ${name} ${version.version} is gone from this node’s store.`, {
      advice: 'Choose its manifest and module again, as for an installation.',
    });
  }
  return {
    ...parseManifest(bytes),
    grants: [...version.grants],
    installed: {
      author: authorView(state, skill.author),
      manifest_sha256: version.manifestSha256,
      pinned: skill.pinned,
      refused: refusal(() => requireNotRevoked(state, skill.author, skill.current, `${name} ${version.version}`)),
      versions: [...skill.versions.values()].reverse().map((v) => ({
        version: v.version,
        manifest_sha256: v.manifestSha256,
        sha256: v.moduleSha256,
        grants: [...v.grants],
        current: v.manifestSha256 === skill.current,
        revoked: state.revoked.get(v.manifestSha256) ?? null,
      })),
    },
  };
}

/**
 * What installing a package would mean.
 * @throws RegistryError `not_found`, or what is wrong with the files themselves
 */
export async function packageView({ installs, blobs, isBundled }: Views, manifestSha256: string): Promise<PackageView> {
  const { state } = installs;
  const manifest = await readPackage(blobs, manifestSha256);
  const current = installs.current(manifest.name)?.version;
  const grants = wanted(manifest).sort();
  return {
    manifest,
    manifest_sha256: manifestSha256,
    author: authorView(state, manifest.author),
    from: current?.version ?? null,
    ...diffGrants(current?.grants ?? [], grants),
    refused: isBundled(manifest.name)
      ? { code: 'name_reserved', message: `${manifest.name} is the name of a skill in this app.` }
      : refusal(() => step(state, installation(installs, manifest, grants))),
  };
}

/** The change that installing or upgrading to it is, from where the registry stands. */
export function installation(
  installs: InstalledSkills,
  manifest: SignedManifest,
  grants: readonly string[],
): Extract<RegistryChange, { type: 'SKILL_INSTALLED' }> {
  return {
    type: 'SKILL_INSTALLED',
    skill: manifest.name,
    version: manifest.version,
    author: manifest.author,
    manifest_sha256: manifestAddress(manifest),
    module_sha256: manifest.sha256,
    grants: [...grants],
    from: installs.state.skills.get(manifest.name)?.current ?? null,
  };
}

/** @throws RegistryError `not_found`, or what is wrong with the files themselves */
export async function readPackage(blobs: Pick<BlobStore, 'get'>, manifestSha256: string): Promise<SignedManifest> {
  const bytes = await blobs.get(manifestSha256);
  if (!bytes) throw missing('manifest');
  const module = await blobs.get(parseManifest(bytes).sha256);
  if (!module) throw missing('module');
  return openPackage(bytes, module);
}

const missing = (what: string): RegistryError =>
  new RegistryError('not_found', `The ${what} of this skill is not here.`, {
    advice: 'Choose both files: the manifest (.json) and the module (.wasm).',
  });

function refusal(check: () => unknown): WireError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof RegistryError) return toWireError(error);
    throw error;
  }
}
