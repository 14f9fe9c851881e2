import type { Governance } from '../../governance';
import type { RoleSignature } from '../../governance/types';
import { LIMITS } from '../../protocol/limits';
import type { Clock } from '../../protocol/runtime';

/** A role for each of the other devices that asks: granted, and in the log, before its first act; anew as it ends. */
export class MemberRoles {
  readonly #role: RoleSignature['role'];
  readonly #clock: Clock;
  readonly #roles = new Map<string, { role: Promise<RoleSignature>; until: number }>();

  constructor(role: RoleSignature['role'], clock: Clock) {
    this.#role = role;
    this.#clock = clock;
  }

  /** @throws GovernanceError `overloaded` */
  of(peer: string, governance: Pick<Governance, 'issueRole'>): Promise<RoleSignature> {
    const now = this.#clock.now();
    const known = this.#roles.get(peer);
    if (known && now < known.until) return known.role;
    const role = governance
      .issueRole({ role: this.#role, principal: { type: 'Member', id: peer }, context: {} })
      .catch((error: unknown) => {
        this.#roles.delete(peer);
        throw error;
      });
    // Half its life is kept as margin, as for the owner's own.
    this.#roles.set(peer, { role, until: now + LIMITS.roleTtlMs / 2 });
    return role;
  }

  forget(peer: string): void {
    this.#roles.delete(peer);
  }
}
