import type { Handlers } from '../dispatch';
import { openMesh } from '../mesh/door';
import type { Machine } from '../node';
import { approvalHandlers } from './approvals';
import { identityHandlers } from './identity';
import { lazily } from './lazily';
import { lifeHandlers } from './life';
import { logHandlers } from './log';
import { meshHandlers } from './mesh';
import { notBuilt } from './not-built';
import { pipelineHandlers } from './pipelines';
import { policyHandlers } from './policies';
import { privacyHandlers } from './privacy';
import { proofHandlers } from './proofs';
import { settingHandlers } from './settings';
import { witnessHandlers } from './witnesses';

const KEYS = {
  ListKeys: true,
  GetRecoveryText: true,
  RotateKey: true,
  RevokeKey: true,
  SetTrustees: true,
  RecoverOwner: true,
  SignAsTrustee: true,
} as const;
const SKILLS = { InspectSkill: true, RunSkill: true, DelegateSkill: true, StopSkill: true, RunWasm: true } as const;
const INSTALLS = {
  ListSkills: true,
  InspectPackage: true,
  FetchSkill: true,
  InstallSkill: true,
  RollbackSkill: true,
  PinSkill: true,
  RevokeSkill: true,
  ListAuthors: true,
  TrustAuthor: true,
  RevokeAuthor: true,
} as const;
const CONTENTS = { FetchContent: true, FetchPackage: true, StopFetch: true } as const;

/**
 * Every request of the contract; the type sees to it that none is forgotten.
 * @param running what governed acts are done through: in the owner's name, unless another's is lent
 */
export function createHandlers(machine: Machine, running = () => machine.running()): Handlers {
  const { assets, clock, persist } = machine.options;
  const runner = () => machine.supervisor.watch('skills', machine.options.skills);
  return {
    ...lifeHandlers(machine),
    ...identityHandlers(machine),
    ...logHandlers(running),
    ...proofHandlers(running),
    ...witnessHandlers(running),
    ...lazily(KEYS, async () => (await import('./keys')).keyHandlers(machine)),
    ...privacyHandlers(running),
    ...pipelineHandlers(running, assets, () => clock.now()),
    ...approvalHandlers(running),
    ...lazily(SKILLS, async () => (await import('./skills')).skillHandlers(machine, running)),
    ...lazily(INSTALLS, async () => (await import('./installs')).installHandlers(running)),
    ...lazily(CONTENTS, async () => (await import('./contents')).contentHandlers(machine, running)),
    ...lazily({ ReplayExecution: true }, async () => (await import('./replay')).replayHandlers(running, runner)),
    ...policyHandlers(running),
    ...settingHandlers(() => machine.storage().records, persist),
    ...meshHandlers(
      () => openMesh(machine),
      () => (machine.options.mesh ? machine.running().mesh.current : undefined),
    ),
    ...notBuilt,
  };
}
