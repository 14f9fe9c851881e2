import { jcsBytes, sha256Hex } from '../../src/crypto';
import { wanted, type SkillManifest } from '../../src/registry';
import { admitModule } from '../../src/skills';
import { quoted } from '../run-view';
import { compile } from './compile';
import { writeWhole } from './files';
import { manifestOf, moduleOf, readProject } from './project';
import type { Tool } from './tool';

/** `sovereign skill build [DIRECTORY]`: what a host would refuse is refused here. */
export const buildSkill: Tool = async ({ positionals: [directory = '.'] }, { out }) => {
  const project = await readProject(directory);
  const module = await compile(project);
  const { about } = project;
  const grants = wanted(about);
  admitModule(module, { abi: about.abi, entry: about.entry, grants, memoryPages: about.limits.memoryPages });
  const manifest: SkillManifest = { ...about, sha256: sha256Hex(module), bytes: module.length };
  await writeWhole(moduleOf(directory), module);
  await writeWhole(manifestOf(directory), jcsBytes(manifest));
  out(`${quoted(moduleOf(directory))}  ${module.length} bytes  sha256 ${manifest.sha256}\n`);
  return 0;
};
