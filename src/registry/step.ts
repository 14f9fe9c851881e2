import type { Sha256 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { compareVersions } from './semver';
import type { AuthorRecord, InstalledSkill, RegistryChange, RegistryState } from './state';
import { RegistryError, type RegistryCode } from './types';

type Change<T extends RegistryChange['type']> = Extract<RegistryChange, { type: T }>;

/**
 * The state after one more change. Pure: the node asks it before it writes the entry, folds the log with it when it
 * starts, and the verifier repeats it.
 * @throws RegistryError when the change is not allowed in this state
 */
export function step(state: RegistryState, change: RegistryChange): RegistryState {
  switch (change.type) {
    case 'SKILL_INSTALLED':
      return installed(state, change);
    case 'SKILL_ROLLED_BACK':
      return rolledBack(state, change);
    case 'SKILL_REVOKED':
      return revoked(state, change);
    case 'SKILL_PINNED':
      return pinned(state, change);
    case 'AUTHOR_REVOKED':
      return authorRevoked(state, change);
    case 'AUTHOR_TRUSTED':
      return authorTrusted(state, change);
  }
}

/** Why this manifest of this author must not run; `undefined` when nothing speaks against it. */
export function revocationOf(
  { authors, revoked }: RegistryState,
  author: string,
  manifest: Sha256,
): { what: 'version' | 'author'; reason: string } | undefined {
  const byAuthor = authors.get(author)?.revoked;
  if (byAuthor != null) return { what: 'author', reason: byAuthor };
  const reason = revoked.get(manifest);
  return reason === undefined ? undefined : { what: 'version', reason };
}

function installed(state: RegistryState, change: Change<'SKILL_INSTALLED'>): RegistryState {
  const { skill: name, author, version, manifest_sha256: manifest, module_sha256: moduleSha256, grants, from } = change;
  requireNotRevoked(state, author, manifest, `${name} ${version}`);
  const known = state.skills.get(name);
  if (!known && state.skills.size >= LIMITS.registrySkills) throw full(`${LIMITS.registrySkills} skills`);
  if (known) requireUpgrade(known, change);
  else if (from !== null) throw refuse('moved', `${name} is not installed, so there is nothing to upgrade.`);
  const entry = { version, manifestSha256: manifest, moduleSha256, grants };
  const versions = new Map(known?.versions).set(manifest, entry);
  return withSkill(state, name, { author, current: manifest, pinned: false, versions });
}

function requireUpgrade(known: InstalledSkill, change: Change<'SKILL_INSTALLED'>): void {
  const { skill: name, author, version, manifest_sha256: manifest, from } = change;
  if (known.author !== author)
    throw refuse('name_taken', `The name ${name} is another author’s on this node.`, {
      advice: 'Only who published it first may upgrade it. Ask this author for another name.',
    });
  if (known.versions.has(manifest))
    throw refuse('already_installed', `${name} ${version} is installed already.`, {
      advice: 'Choose it among the versions of the skill to go back to it.',
    });
  if ([...known.versions.values()].some((v) => v.version === version))
    throw refuse('version_taken', `${name} ${version} was installed before with other content.`, {
      advice: 'One version has one content. Ask the author what was changed, and for a new version.',
    });
  if (known.pinned) throw isPinned(name);
  if (from !== known.current) throw moved(name);
  const { version: now } = known.versions.get(known.current)!;
  if (compareVersions(version, now) <= 0)
    throw refuse('not_newer', `${version} is not newer than ${now}, the version of ${name} that is in use.`, {
      advice: 'An older version that was installed before can be rolled back to.',
    });
  if (known.versions.size >= LIMITS.registryVersions) throw full(`${LIMITS.registryVersions} versions of ${name}`);
}

function rolledBack(state: RegistryState, { skill: name, from, to }: Change<'SKILL_ROLLED_BACK'>): RegistryState {
  const known = requireSkill(state, name);
  const target = known.versions.get(to);
  if (!target) throw unknownVersion(name);
  if (known.pinned) throw isPinned(name);
  if (from !== known.current) throw moved(name);
  if (to === from) throw refuse('already_installed', `${name} ${target.version} is in use already.`);
  requireNotRevoked(state, known.author, to, `${name} ${target.version}`);
  return withSkill(state, name, { ...known, current: to });
}

function revoked(state: RegistryState, change: Change<'SKILL_REVOKED'>): RegistryState {
  const { skill, manifest_sha256: manifest, reason } = change;
  if (!requireSkill(state, skill).versions.has(manifest)) throw unknownVersion(skill);
  if (state.revoked.has(manifest)) throw refuse('revoked', 'This version was revoked before.');
  return { ...state, revoked: new Map(state.revoked).set(manifest, reason) };
}

function pinned(state: RegistryState, { skill, manifest_sha256: manifest }: Change<'SKILL_PINNED'>): RegistryState {
  const known = requireSkill(state, skill);
  if (manifest !== null && manifest !== known.current) throw moved(skill);
  return withSkill(state, skill, { ...known, pinned: manifest !== null });
}

function authorRevoked(state: RegistryState, { author, reason }: Change<'AUTHOR_REVOKED'>): RegistryState {
  if (state.authors.get(author)?.revoked != null) throw authorIsRevoked(author, 'before');
  return withAuthor(state, author, { trusted: false, revoked: reason });
}

function authorTrusted(state: RegistryState, { author, trusted }: Change<'AUTHOR_TRUSTED'>): RegistryState {
  const reason = state.authors.get(author)?.revoked;
  if (reason != null) throw authorIsRevoked(author, reason);
  return withAuthor(state, author, { trusted, revoked: null });
}

const withSkill = (state: RegistryState, name: string, skill: InstalledSkill): RegistryState => ({
  ...state,
  skills: new Map(state.skills).set(name, skill),
});

function withAuthor(state: RegistryState, author: string, record: AuthorRecord): RegistryState {
  if (!state.authors.has(author) && state.authors.size >= LIMITS.registryAuthors)
    throw full(`${LIMITS.registryAuthors} authors`);
  return { ...state, authors: new Map(state.authors).set(author, record) };
}

function requireSkill({ skills }: RegistryState, name: string): InstalledSkill {
  const known = skills.get(name);
  if (!known) throw refuse('not_installed', `${name} is not installed.`);
  return known;
}

/** @throws RegistryError `revoked`, `author_revoked`: both say why */
export function requireNotRevoked(state: RegistryState, author: string, manifest: Sha256, title: string): void {
  const found = revocationOf(state, author, manifest);
  if (found?.what === 'author') throw authorIsRevoked(author, found.reason);
  if (found)
    throw refuse('revoked', `You revoked ${title}: ${found.reason}`, {
      advice: 'Use another version of it.',
      details: { ...found },
    });
}

const authorIsRevoked = (author: string, reason: string): RegistryError =>
  refuse('author_revoked', `You revoked the author of this: ${reason}`, {
    advice: 'Nothing by this author runs on this node any more. Use another skill.',
    details: { author, reason },
  });
const unknownVersion = (name: string): RegistryError =>
  refuse('unknown_version', `This version of ${name} was never installed here.`);
const isPinned = (name: string): RegistryError =>
  refuse('pinned', `${name} is pinned to the version in use.`, { advice: 'Unpin it first.' });
const moved = (name: string): RegistryError =>
  refuse('moved', `Another version of ${name} is in use by now.`, { advice: 'Look at it again, then decide.' });
const full = (what: string): RegistryError =>
  refuse('registry_full', `This node keeps at most ${what}.`, { advice: 'Use what is here, or another node.' });

const refuse = (
  code: RegistryCode,
  message: string,
  more: { advice?: string; details?: Record<string, unknown> } = {},
): RegistryError => new RegistryError(code, message, { advice: 'Nothing was changed.', ...more });
