import type { AuditLog } from '../../audit';
import type { Executor, KeyGuard, OrderGate } from '../../governance';
import type { Identity, IdentityService } from '../../identity';
import type { KeyLife } from '../../keys';
import type { Cedar } from '../../policy';
import type { SkillRunner } from '../../skills';
import type { BlobStore, RecordStore } from '../../storage';
import type { SkillCatalogue } from '../catalogue';
import type { Openings } from '../openings';
import type { Assets } from '../types';
import type { Witnesses } from '../witness/types';
import { artifactsExecutor } from './artifacts';
import { datasetsExecutor } from './datasets';
import { createDoor } from './door';
import { exportExecutor } from './export';
import { keysExecutor } from './keys';
import { privacyExecutor } from './privacy';
import { registryExecutor, type Registry } from './registry';
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
  identity: Identity;
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
  const { guard, service, life, isRunning, openings, records } = parts;
  const door = createDoor(gate);
  return [
    datasetsExecutor(door, blobs, assets),
    artifactsExecutor(door, blobs),
    skillsExecutor(door, blobs, (sha256) => catalogue().module(sha256), runner),
    registryExecutor(door, registry, log),
    exportExecutor({ door, log, blobs, records, identity, cedar, witnesses, openings }),
    keysExecutor({ door, guard, log, service, life, isRunning }),
    privacyExecutor(door, openings, log),
    stages,
  ];
}
