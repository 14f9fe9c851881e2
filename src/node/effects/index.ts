import type { AuditLog } from '../../audit';
import type { Executor, KeyGuard, OrderGate } from '../../governance';
import type { Identity, IdentityService } from '../../identity';
import type { KeyLife } from '../../keys';
import type { Cedar } from '../../policy';
import type { Json, JsonObject } from '../../protocol/json';
import type { SkillRunner } from '../../skills';
import type { BlobStore, RecordStore } from '../../storage';
import type { SkillCatalogue } from '../catalogue';
import type { InstalledSkills } from '../installs';
import type { Delegate, FetchContent } from '../fetching';
import type { Openings } from '../openings';
import type { Assets } from '../types';
import { knownSkill } from '../run-acts';
import type { Fetch } from '../witness';
import type { Witnesses } from '../witness/types';
import { artifactsExecutor } from './artifacts';
import { contentExecutor } from './content';
import { datasetsExecutor } from './datasets';
import { delegationExecutor } from './delegation';
import { createDoor } from './door';
import { exportExecutor } from './export';
import { installsExecutor } from './installs';
import { keysExecutor } from './keys';
import { privacyExecutor } from './privacy';
import { registryExecutor, type Registry } from './registry';
import { remoteExecutor } from './remote';
import { revocable } from './revocable';
import { skillsExecutor } from './skills';

interface EffectParts {
  gate: OrderGate;
  guard: KeyGuard;
  service: () => IdentityService;
  life: () => KeyLife;
  isRunning: () => boolean;
  openings: Openings;
  log: AuditLog;
  blobs: BlobStore;
  records: RecordStore;
  assets: Assets;
  registry: Registry;
  /** Skills from outside. */
  installs: InstalledSkills;
  fetch: Fetch;
  /** From members of the mesh. */
  fetchContent: FetchContent;
  /** Has a member run a skill. */
  delegate: Delegate;
  identity: Identity;
  /** Makes a request in the owner's name. */
  ask: (request: string, params: JsonObject | null) => Promise<Json>;
  catalogue: () => SkillCatalogue;
  runner: SkillRunner;
  stages: Executor;
  cedar: Cedar;
  /** None while the node has no witnesses. */
  witnesses?: Witnesses | undefined;
}

/** Every effect there is. This folder is the one door to them, and each of them takes nothing but a work order. */
export function createExecutors(parts: EffectParts): Executor[] {
  const { gate, log, blobs, assets, registry, identity, catalogue, runner, stages, cedar, witnesses } = parts;
  const { guard, service, life, isRunning, openings, records, installs, fetch } = parts;
  const bundled = (nameOrHash: string) => catalogue().find(nameOrHash);
  const isBundled = (name: string) => bundled(name) !== undefined;
  const door = createDoor(gate);
  const modules = (sha256: string) => catalogue().module(sha256);
  return [
    datasetsExecutor(door, blobs, assets),
    artifactsExecutor(door, blobs),
    revocable(skillsExecutor(door, blobs, modules, runner, { log, records, fetch }), installs, bundled),
    registryExecutor(door, registry, log),
    exportExecutor({ door, log, blobs, modules, records, identity, cedar, witnesses, openings }),
    keysExecutor({ door, guard, log, service, life, isRunning }),
    privacyExecutor(door, openings, log),
    installsExecutor({ door, log, blobs, installs, isBundled, fetch }),
    contentExecutor(door, blobs, parts.fetchContent),
    delegationExecutor(door, blobs, parts.delegate, parts.fetchContent, (skill) =>
      knownSkill({ skills: catalogue(), installs, storage: { blobs } }, skill),
    ),
    remoteExecutor(door, parts.ask),
    stages,
  ];
}
