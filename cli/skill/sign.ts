import { hex, jcsBytes, type Signer } from '../../src/crypto';
import { manifestAddress, openPackage, signManifest } from '../../src/registry';
import { LIMITS } from '../../src/protocol/limits';
import { quoted } from '../run-view';
import { readFileUpTo, UsageError, writeWhole } from './files';
import { openKeyFile } from './key-file';
import { manifestOf, moduleOf, readManifestFile } from './project';
import type { Tool } from './tool';

/** `sovereign skill sign [DIRECTORY] --key FILE`: signs what was built as its author. */
export const signSkill: Tool = async ({ positionals: [directory = '.'], values }, { out, err }) => {
  const manifest = await readManifestFile(manifestOf(directory));
  const module = await readFileUpTo(moduleOf(directory), LIMITS.skillBytes);
  const author = await keyOf(values.key, err);
  const signed = await signManifest(manifest, author);
  const bytes = jcsBytes(signed);
  // What was built is what is signed.
  await openPackage(bytes, module);
  await writeWhole(manifestOf(directory), bytes);
  out(`${quoted(manifestOf(directory))}  sha256 ${manifestAddress(signed)}\nAuthor  ${signed.author}\n`);
  return 0;
};

/** @throws UsageError when none is named, SkillToolError when it cannot be used */
export async function keyOf(path: string | undefined, err: (text: string) => void): Promise<Signer> {
  if (path === undefined || path === '') throw new UsageError('Say with --key which file has the author’s key.');
  const { signer, made } = await openKeyFile(path);
  if (made)
    err(`Made a key in ${quoted(path)} for the author ${hex(signer.publicKey)}. Keep a copy: it cannot be replaced.\n`);
  return signer;
}
