import type { AuditLog } from '../audit/types';
import { LIMITS } from '../protocol/limits';
import type { Clock, Random } from '../protocol/runtime';
import type { Sha256, Signer } from '../crypto';
import type { Approvers } from './approvers';
import type { KeyGuard } from './guard';
import { roleDigest, signRole, type RoleGrant, type RoleRegistry } from './roles';
import { GovernanceError, OWNER, type RoleSignature } from './types';

/** Grants roles, durably before anybody can use them. */
export interface RoleOffice {
  /** Signed by the owner key for role `owner`, by the governance key for all others. @throws GovernanceError `overloaded` */
  issueRole(grant: RoleGrant): Promise<RoleSignature>;
  /** From then on the role signature is refused, also after a restart. */
  revokeRole(roleSignatureSha256: Sha256): Promise<void>;
  /** The owner's own role, for what the owner asks for here and now; granted anew when it is about to expire. */
  ownerRole(): Promise<RoleSignature>;
}

interface OfficeOptions {
  log: AuditLog;
  governance: Signer;
  owner: Signer;
  clock: Clock;
  random: Random;
  roles: RoleRegistry;
  devices: Approvers;
  guard: KeyGuard;
}

export function createRoleOffice(options: OfficeOptions): RoleOffice {
  const { log, governance, owner, clock, random, roles, devices, guard } = options;
  let mine: Promise<RoleSignature> | undefined;
  let mineUntil = 0;

  const keys = { governance: governance.publicKey, owner: owner.publicKey };

  const issue: RoleOffice['issueRole'] = async (grant) => {
    if (!roles.hasRoom(clock.now())) {
      throw new GovernanceError('overloaded', `${LIMITS.liveRoles} roles are in force at once.`, {
        advice: 'Wait until some have expired.',
      });
    }
    const role = await signRole(grant, clock.now(), random, grant.role === 'owner' ? owner : governance);
    const digest = roleDigest(role);
    await log.append({
      type: 'ROLE_SIGNATURE',
      data: { role_signature: { ...role, principal: { ...role.principal } }, role_signature_sha256: digest },
    });
    roles.add(role, digest, clock.now(), keys);
    devices.add(role, keys);
    return role;
  };
  const issueRole: RoleOffice['issueRole'] = (grant) => guard.during(() => issue(grant));

  return {
    issueRole,
    async revokeRole(digest) {
      await log.append({ type: 'ROLE_SIGNATURE', severity: 'WARNING', data: { revoked: digest } });
      roles.revoke(digest);
    },
    ownerRole() {
      // Half its life is kept as margin: an action that waits for an approval needs its role to last.
      if (!mine || clock.now() >= mineUntil) {
        mineUntil = clock.now() + LIMITS.roleTtlMs / 2;
        mine = issueRole({ role: 'owner', principal: OWNER, context: {} }).catch((error: unknown) => {
          mine = undefined;
          throw error;
        });
      }
      return mine;
    },
  };
}
