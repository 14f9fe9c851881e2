import type { AuditLog } from '../audit';
import type { ExecuteOptions, Executed, Governance, Intent } from '../governance';
import type { Identity } from '../identity';
import type { KeyLife } from '../keys';
import type { Storage } from '../storage';
import type { Pipelines } from '../pipeline';
import type { SkillCatalogue } from './catalogue';
import type { InstalledSkills } from './installs';
import type { MeshDoor } from './mesh/door';
import type { Openings } from './openings';
import type { NodeWitnesses } from './witness';

/** The subsystems of a node that is ready. Each getter throws `subsystem_down` while its part restarts. */
export interface Running {
  readonly storage: Storage;
  readonly identity: Identity;
  readonly log: AuditLog;
  /** The keys of the log as it stands. */
  readonly keys: KeyLife;
  readonly openings: Openings;
  readonly witnesses: NodeWitnesses;
  readonly governance: Governance;
  readonly mesh: MeshDoor;
  readonly pipelines: Pipelines;
  readonly skills: SkillCatalogue;
  /** Skills from outside. */
  readonly installs: InstalledSkills;
  /** A governed action by the owner, under the owner's standing role. */
  asOwner(
    intent: Pick<Intent, 'action' | 'resource' | 'args' | 'context'>,
    options?: ExecuteOptions,
  ): Promise<Executed>;
}
