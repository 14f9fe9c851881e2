import type { AuditLog } from '../../audit';
import { jcs } from '../../crypto';
import type { Executor, WorkOrder } from '../../governance';
import {
  openPackage,
  registryDigest,
  RegistryError,
  step,
  wanted,
  type RegistryChange,
  type SignedManifest,
} from '../../registry';
import { diffGrants, type GrantDiff } from '../../protocol/grants';
import type { JsonObject } from '../../protocol/json';
import type { BlobStore } from '../../storage';
import type { InstalledSkills } from '../installs';
import type { Fetch } from '../witness';
import type { EffectDoor } from './door';
import { EffectError } from './errors';
import { installArgs, isInstallAction, type InstallAction, type InstallArgs } from './install-args';
import { fetchSkill } from './links';

export interface InstallParts {
  door: EffectDoor;
  log: AuditLog;
  blobs: BlobStore;
  installs: InstalledSkills;
  /** Whether the build has a skill of this name. */
  isBundled: (name: string) => boolean;
  fetch: Fetch;
}

/** Installs, moves, pins and revokes skills from outside, and fetches them. One change of the registry at a time. */
export function installsExecutor(parts: InstallParts): Executor {
  const { door } = parts;
  let last: Promise<unknown> = Promise.resolve();
  return {
    audience: 'installs',
    async execute(order, args, { signal }) {
      const { action } = order;
      await door.check(order, 'installs', action, args);
      if (!isInstallAction(action)) throw new EffectError('wrong_effect', `${action} installs nothing.`);
      if (action === 'fetch_skill') return fetchSkill(parts, installArgs(action, args).url, signal);
      const turn = last.then(() => perform(parts, order, action, args));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function perform(parts: InstallParts, order: WorkOrder, action: InstallAction, args: JsonObject) {
  const { log, installs } = parts;
  const change = await changeOf(parts, action, args);
  const before = registryDigest(installs.state);
  const after = registryDigest(step(installs.state, change));
  if (action === 'rollback_skill') requireState(after, installArgs(action, args).expect_state_sha256);
  const { type, ...data } = change;
  const moved = type === 'SKILL_INSTALLED' || type === 'SKILL_ROLLED_BACK';
  const proof = moved ? { state_before: before, state_after: after } : {};
  // A head over everything that led here stands before an act that others will build on.
  if (moved) await log.checkpoint();
  const severity = type === 'SKILL_REVOKED' || type === 'AUTHOR_REVOKED' ? 'WARNING' : 'INFO';
  await log.append({ type, severity, data: { ...data, ...proof, order_id: order.order_id } });
  installs.commit(change);
  return { ...data, ...proof };
}

async function changeOf(parts: InstallParts, action: InstallAction, args: JsonObject): Promise<RegistryChange> {
  switch (action) {
    case 'install_skill':
      return installation(parts, installArgs(action, args), null);
    case 'upgrade_skill': {
      const asked = installArgs(action, args);
      requireDiff(parts, asked, asked.grants);
      return installation(parts, asked, asked.from);
    }
    case 'rollback_skill': {
      const asked = installArgs(action, args);
      const target = parts.installs.state.skills.get(asked.skill)?.versions.get(asked.to);
      if (target) requireDiff(parts, asked, target.grants);
      return { type: 'SKILL_ROLLED_BACK', skill: asked.skill, from: asked.from, to: asked.to };
    }
    case 'pin_skill':
      return { type: 'SKILL_PINNED', ...installArgs(action, args) };
    case 'revoke_skill': {
      const { version: _, ...asked } = installArgs(action, args);
      return { type: 'SKILL_REVOKED', ...asked };
    }
    case 'trust_author':
      return { type: 'AUTHOR_TRUSTED', ...installArgs(action, args) };
    case 'revoke_author':
      return { type: 'AUTHOR_REVOKED', ...installArgs(action, args) };
    case 'fetch_skill':
      throw new EffectError('wrong_effect', 'Fetching changes nothing.');
  }
}

/** The package that the order names, opened and held against every word of the order. */
async function installation(
  { blobs, isBundled }: InstallParts,
  asked: InstallArgs<'install_skill'>,
  from: string | null,
): Promise<RegistryChange> {
  const [manifestBytes, module] = await Promise.all([blobs.get(asked.manifest_sha256), blobs.get(asked.module_sha256)]);
  if (!manifestBytes || !module)
    throw new RegistryError('not_found', `The files of ${asked.skill} ${asked.version} are not here.`, {
      advice: 'Choose its manifest and its module again.',
    });
  const manifest = await openPackage(manifestBytes, module);
  requireSame(asked, manifest);
  if (isBundled(manifest.name))
    throw new RegistryError('name_reserved', `${manifest.name} is the name of a skill in this app.`, {
      advice: 'Its author has to choose another name.',
    });
  const foreign = asked.grants.find((grant) => !wanted(manifest).includes(grant));
  if (foreign !== undefined)
    throw new RegistryError('grant_not_wanted', `${manifest.name} does not ask for ${foreign}.`, {
      advice: 'Grant what its manifest asks for, or less.',
    });
  const { skill, author, version, manifest_sha256, module_sha256, grants } = asked;
  return { type: 'SKILL_INSTALLED', skill, author, version, manifest_sha256, module_sha256, grants, from };
}

function requireSame(asked: InstallArgs<'install_skill'>, { name, version, author, sha256 }: SignedManifest): void {
  const same = asked.skill === name && asked.version === version && asked.author === author;
  const sorted = jcs([...new Set(asked.grants)].sort()) === jcs(asked.grants);
  if (same && sorted && asked.module_sha256 === sha256) return;
  throw new EffectError('bad_payload', 'The manifest is not the one that the work order describes.');
}

/** What was approved is what the upgrade changes, against the version in use now. */
function requireDiff(
  { installs }: InstallParts,
  asked: GrantDiff & { skill: string },
  grants: readonly string[],
): void {
  const { gained, lost } = diffGrants(installs.current(asked.skill)?.version.grants ?? [], grants);
  if (jcs({ gained, lost }) === jcs({ gained: asked.gained, lost: asked.lost })) return;
  throw new RegistryError('moved', `The capabilities of ${asked.skill} are not those that were shown.`, {
    advice: 'Look at it again, then decide.',
  });
}

function requireState(actual: string, expected: string): void {
  if (actual === expected) return;
  throw new EffectError('digest_mismatch', 'Rolling back would not restore the earlier state.', {
    details: { expected, actual },
  });
}
