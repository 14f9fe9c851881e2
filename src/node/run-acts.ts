/** What an order to run a skill says, whoever asked for it. */
import { isSha256 } from '../crypto';
import { wanted, type SkillManifest } from '../registry';
import { OWN_LIMITS, SkillError } from '../skills';
import { skillView, type Views } from './installs';
import type { Running } from './running';

/** `grants`: what the owner granted an installed one; a bundled one gets what it asks for. */
export type KnownSkill = SkillManifest & { grants?: string[] };

/** Where skills are looked for: the build's, and those from outside with the store of their manifests. */
interface Shelves extends Pick<Running, 'skills' | 'installs'> {
  storage: { blobs: Views['blobs'] };
}

export const views = ({ installs, storage, skills }: Shelves): Views => ({
  installs,
  blobs: storage.blobs,
  isBundled: (name) => skills.find(name) !== undefined,
});

/** By its name, or a bundled one by its module's hash. */
export const knownSkill = async (node: Shelves, skill: string): Promise<KnownSkill | undefined> =>
  node.skills.find(skill) ?? (await skillView(views(node), skill));

export const unknownSkill = (skill: string): SkillError =>
  new SkillError('unknown_skill', `There is no skill named ${skill}.`, { advice: 'Install it, or correct the name.' });

/** Which skill the owner means, and what its order is to say. @throws SkillError `unknown_skill` */
export async function actOf(
  node: Running,
  { skill, input_sha256, budget }: { skill: string; input_sha256: string; budget?: number },
) {
  const known = await knownSkill(node, skill);
  if (!known && !isSha256(skill)) throw unknownSkill(skill);
  const args = known ? knownArgs(known, input_sha256) : ownArgs(skill, skill, input_sha256);
  return { id: known?.name ?? skill, args: { ...args, ...(budget === undefined ? {} : { budget }) } };
}

export const knownArgs = (known: KnownSkill, input_sha256: string) => ({
  skill: known.name,
  module_sha256: known.sha256,
  input_sha256,
  limits: { ...known.limits },
  grants: known.grants ?? wanted(known),
  ...(known.abi === 'raw' ? {} : { abi: known.abi }),
  ...(known.entry === undefined ? {} : { entry: known.entry }),
});

/** A module that is no skill of this node's gets nothing and little. */
export const ownArgs = (skill: string, module_sha256: string, input_sha256: string) => ({
  skill,
  module_sha256,
  input_sha256,
  limits: { ...OWN_LIMITS },
  grants: [],
});
