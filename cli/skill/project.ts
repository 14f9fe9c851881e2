import { join } from 'node:path';
import { fromUtf8, parseJson } from '../../src/crypto';
import { SovereignError } from '../../src/protocol/errors';
import { LIMITS } from '../../src/protocol/limits';
import { readManifest, type SkillManifest } from '../../src/registry';
import { harmless } from '../run-view';
import { readFileUpTo, SkillToolError } from './files';

export type Language = 'as' | 'c';

/** A project's `skill.json`: what its author writes of the skill, and where its source is. */
export interface Project {
  directory: string;
  language: Language;
  /** Relative to the directory. */
  source: string;
  /** All but what only the built module says. */
  about: Omit<SkillManifest, 'sha256' | 'bytes' | 'author' | 'signature'>;
}

export const moduleOf = (directory: string): string => join(directory, 'build', 'skill.wasm');
export const manifestOf = (directory: string): string => join(directory, 'build', 'manifest.json');

/** @throws UsageError when there is none, SkillToolError `bad_project` when it is not right */
export async function readProject(directory: string): Promise<Project> {
  const path = join(directory, 'skill.json');
  const bytes = await readFileUpTo(path, LIMITS.manifestBytes);
  try {
    const value = parseJson(bytes);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no object');
    const { language, source, ...about } = value as Record<string, unknown>;
    if (language !== 'as' && language !== 'c') throw new Error('language is neither "as" nor "c"');
    if (typeof source !== 'string' || source === '') throw new Error('source names no file');
    // Judged as the manifest that it will be.
    const { sha256: _, bytes: __, ...read } = readManifest({ v: 1, ...about, sha256: '0'.repeat(64), bytes: 8 });
    return { directory, language, source, about: read };
  } catch (cause) {
    const why = cause instanceof SovereignError || cause instanceof Error ? cause.message : 'it cannot be read';
    throw new SkillToolError('bad_project', `${harmless(path)}: ${harmless(why)}`, {
      cause,
      advice: 'Correct it; docs/registry.md has the fields.',
    });
  }
}

/** The manifest of a file, signed or not. @throws UsageError, RegistryError `bad_manifest` */
export async function readManifestFile(path: string): Promise<SkillManifest> {
  return readManifest(JSON.parse(fromUtf8(await readFileUpTo(path, LIMITS.manifestBytes))));
}
