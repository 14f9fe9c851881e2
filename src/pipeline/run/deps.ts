import type { AuditLog } from '../../audit';
import type { Sha256, Signer } from '../../crypto';
import type { Kernel, RoleGrant, RoleSignature } from '../../governance';
import type { Clock, Random } from '../../protocol/runtime';
import type { BlobStore } from '../../storage';

/** What the machine needs of a skill's manifest. */
export interface PinnedSkill {
  sha256: Sha256;
  limits: { memoryPages: number; wallMs: number; outputBytes: number };
  abi?: string;
  /** The function to call, where it is not the ABI's own. */
  entry?: string;
}

/** What the machine is handed. Every effect goes through `kernel`; `blobs` holds documents, statements and skill input. */
export interface PipelineDeps {
  readonly kernel: Pick<Kernel, 'execute'>;
  readonly log: AuditLog;
  readonly blobs: Pick<BlobStore, 'get' | 'put'>;
  issueRole(grant: RoleGrant): Promise<RoleSignature>;
  readonly governanceSigner: Signer;
  readonly clock: Clock;
  readonly random: Random;
  /** A skill that is pinned, by name. */
  skills(name: string): PinnedSkill | undefined;
  /** SHA-256 of a dataset that ships with the build. */
  datasets(file: string): Promise<Sha256 | undefined>;
  /** Where a pointer of the model registry points now. */
  pointer(name: string): Sha256 | null;
}
