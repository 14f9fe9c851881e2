import { join } from 'node:path';
import { hex, jcsBytes } from '../../src/crypto';
import { LIMITS } from '../../src/protocol/limits';
import {
  entryOf,
  INDEX_FILE,
  indexBytes,
  manifestFile,
  moduleFile,
  openPackage,
  parseIndex,
  signIndex,
  type IndexEntry,
  type SkillIndex,
} from '../../src/registry';
import { quoted } from '../run-view';
import { readFileUpTo, readIfThere, SkillToolError, UsageError, writeWhole } from './files';
import { manifestOf, moduleOf } from './project';
import { keyOf } from './sign';
import type { Tool } from './tool';

/**
 * `sovereign skill publish OUT --key FILE [--from DIRECTORY]`: a folder that any static server can serve. The files that the
 * index names are written before it.
 */
export const publishSkill: Tool = async ({ positionals: [target], values }, { out, err }) => {
  if (target === undefined) throw new UsageError('Say which folder the index goes to.');
  const publisher = await keyOf(values.key, err);
  const before = await indexIn(target);
  if (before && before.publisher !== hex(publisher.publicKey))
    throw new SkillToolError('bad_key', `${quoted(target)} has an index of another publisher.`, {
      advice: 'Use the key that it was signed with, or another folder.',
    });
  const draft = {
    title: values.title ?? before?.title ?? 'Skills',
    skills: before?.skills ?? [],
    revoked: before?.revoked ?? [],
  };
  const next = values.revoke === undefined ? await adding(target, values.from ?? '.', draft) : revoking(values, draft);
  const index = await signIndex(next, before?.number ?? 0, publisher);
  await writeWhole(join(target, INDEX_FILE), indexBytes(index));
  out(
    `${quoted(join(target, INDEX_FILE))}  number ${index.number}, ${index.skills.length} versions\nPublisher  ${index.publisher}\n`,
  );
  return 0;
};

type Draft = Pick<SkillIndex, 'title' | 'skills' | 'revoked'>;

async function indexIn(target: string): Promise<SkillIndex | undefined> {
  const bytes = await readIfThere(join(target, INDEX_FILE), LIMITS.indexBytes);
  return bytes && parseIndex(bytes);
}

async function adding(target: string, directory: string, draft: Draft): Promise<Draft> {
  const module = await readFileUpTo(moduleOf(directory), LIMITS.skillBytes);
  const manifest = await openPackage(await readFileUpTo(manifestOf(directory), LIMITS.manifestBytes), module);
  const entry: IndexEntry = entryOf(manifest);
  await writeWhole(join(target, moduleFile(entry.sha256)), module);
  await writeWhole(join(target, manifestFile(entry.manifest_sha256)), jcsBytes(manifest));
  const others = draft.skills.filter((s) => s.manifest_sha256 !== entry.manifest_sha256);
  return { ...draft, skills: [...others, entry] };
}

function revoking({ revoke, reason }: { revoke?: string; reason?: string }, draft: Draft): Draft {
  const found = draft.skills.find((s) => s.manifest_sha256 === revoke);
  if (!found) throw new UsageError('--revoke takes the SHA-256 of a manifest that is in the index.');
  if (!reason) throw new UsageError('Say with --reason why it is revoked.');
  const others = draft.revoked.filter((r) => r.manifest_sha256 !== revoke);
  return { ...draft, revoked: [...others, { manifest_sha256: found.manifest_sha256, reason }] };
}
