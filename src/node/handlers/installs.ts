import { diffGrants } from '../../protocol/grants';
import type { AuthorView, LinkView, SkillView } from '../../protocol/messages';
import { manifestFile, parseIndex, registryDigest, RegistryError, step, wanted } from '../../registry';
import type { Handlers } from '../dispatch';
import { authorsView, authorView, installation, packageView, readPackage, skillView } from '../installs';
import type { Running } from '../running';
import { views } from '../run-acts';

type InstallHandlers = Pick<
  Handlers,
  | 'ListSkills'
  | 'InspectPackage'
  | 'FetchSkill'
  | 'InstallSkill'
  | 'RollbackSkill'
  | 'PinSkill'
  | 'RevokeSkill'
  | 'ListAuthors'
  | 'TrustAuthor'
  | 'RevokeAuthor'
>;

const skillNamed = (id: string) => ({ type: 'Skill', id }) as const;
const authorOf = (id: string) => ({ type: 'Author', id }) as const;

export function installHandlers(running: () => Running): InstallHandlers {
  return {
    ListSkills: () => list(running()),
    InspectPackage: ({ manifest }) => packageView(views(running()), manifest),
    FetchSkill: ({ url }) => follow(running(), new URL(url)),
    InstallSkill: ({ manifest, grants }) => install(running(), manifest, grants),
    RollbackSkill: ({ skill, to }) => rollBack(running(), skill, to),
    PinSkill: async ({ skill, pinned }) => {
      const node = running();
      const args = { skill, manifest_sha256: pinned ? currentOf(node, skill).manifestSha256 : null };
      await node.asOwner({ action: 'pin_skill', resource: skillNamed(skill), args, context: {} });
      return shown(node, skill);
    },
    RevokeSkill: async ({ skill, manifest, reason }) => {
      const node = running();
      const version = node.installs.state.skills.get(skill)?.versions.get(manifest)?.version ?? '';
      const args = { skill, version, manifest_sha256: manifest, reason };
      await node.asOwner({ action: 'revoke_skill', resource: skillNamed(skill), args, context: {} });
      return shown(node, skill);
    },
    ListAuthors: () => Promise.resolve(authorsView(running().installs.state)),
    TrustAuthor: (args) => judge(running(), 'trust_author', args),
    RevokeAuthor: (args) => judge(running(), 'revoke_author', args),
  };
}

/** Those of the build, then those from outside, each in order of names. */
async function list(node: Running): Promise<SkillView[]> {
  const bundled = node.skills.list().map((manifest) => ({ ...manifest, grants: wanted(manifest), installed: null }));
  const names = [...node.installs.state.skills.keys()].sort();
  const installed = await Promise.all(names.map((name) => skillView(views(node), name)));
  return [...bundled, ...installed.flatMap((view) => (view ? [view] : []))];
}

async function shown(node: Running, skill: string): Promise<SkillView> {
  const view = await skillView(views(node), skill);
  if (!view) throw notInstalled(skill);
  return view;
}

function currentOf({ installs }: Running, skill: string) {
  const found = installs.current(skill);
  if (!found) throw notInstalled(skill);
  return found.version;
}

async function install(
  node: Running,
  manifestSha256: string,
  chosen: readonly string[] | undefined,
): Promise<SkillView> {
  const manifest = await readPackage(node.storage.blobs, manifestSha256);
  const grants = [...new Set(chosen ?? wanted(manifest))].sort();
  const { type: _, from, ...args } = installation(node.installs, manifest, grants);
  const resource = skillNamed(manifest.name);
  if (from === null) {
    await node.asOwner({ action: 'install_skill', resource, args, context: {} });
  } else {
    const diff = diffGrants(currentOf(node, manifest.name).grants, grants);
    await node.asOwner({ action: 'upgrade_skill', resource, args: { ...args, from, ...diff }, context: {} });
  }
  return shown(node, manifest.name);
}

async function rollBack(node: Running, skill: string, to: string): Promise<SkillView> {
  const { state } = node.installs;
  const { manifestSha256: from, grants } = currentOf(node, skill);
  // Asked here for its answer: a rollback that is not allowed is refused before anybody is asked to approve it.
  const after = registryDigest(step(state, { type: 'SKILL_ROLLED_BACK', skill, from, to }));
  const target = state.skills.get(skill)!.versions.get(to)!;
  const diff = diffGrants(grants, target.grants);
  const args = { skill, version: target.version, from, to, ...diff, expect_state_sha256: after };
  await node.asOwner({ action: 'rollback_skill', resource: skillNamed(skill), args, context: {} });
  return shown(node, skill);
}

async function judge(
  node: Running,
  action: 'trust_author' | 'revoke_author',
  args: { author: string; trusted: boolean } | { author: string; reason: string },
): Promise<AuthorView[]> {
  await node.asOwner({ action, resource: authorOf(args.author), args, context: {} });
  return authorsView(node.installs.state);
}

async function follow(node: Running, url: URL): Promise<LinkView> {
  const { result } = await node.asOwner({
    action: 'fetch_skill',
    resource: { type: 'Site', id: url.origin },
    args: { url: url.href },
    context: {},
  });
  const fetched = result as { kind: 'index'; index_sha256: string } | { kind: 'skill'; manifest_sha256: string };
  if (fetched.kind === 'skill')
    return { kind: 'skill', package: await packageView(views(node), fetched.manifest_sha256) };
  const index = await parseIndex((await node.storage.blobs.get(fetched.index_sha256))!);
  const { state } = node.installs;
  return {
    kind: 'index',
    title: index.title,
    number: index.number,
    publisher: authorView(state, index.publisher),
    skills: index.skills.map((entry) => ({
      ...entry,
      link: new URL(manifestFile(entry.manifest_sha256), url).href,
      // A publisher speaks for his own skills.
      revoked:
        (entry.author === index.publisher
          ? index.revoked.find((r) => r.manifest_sha256 === entry.manifest_sha256)?.reason
          : undefined) ?? null,
      installed: state.skills.get(entry.name)?.versions.has(entry.manifest_sha256) ?? false,
    })),
  };
}

const notInstalled = (skill: string): RegistryError =>
  new RegistryError('not_installed', `${skill} is not installed.`, { advice: 'Install it first.' });
