/**
 * Other devices that decide with a key of their own. A role `approver` names one key and one request, so that what the
 * device signs counts there and nowhere else; docs/work-order.md.
 */
import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import { fromHex, isSafePublicKey, type Sha256 } from '../crypto';
import { verifyRole } from './roles';
import { keyId, NonceShape, Sha256Shape, type SigningKeys } from './signed';
import { GovernanceError, type Approval, type RoleSignature } from './types';

/** `key`: raw public key, hex. */
const Bound = v.strictObject({ approval_id: NonceShape, key: Sha256Shape });

interface Grant {
  role: RoleSignature;
  /** In force where the log grants it. */
  keys: SigningKeys;
}

type Named = Pick<Approval, 'approver' | 'approval_id'>;

export class Approvers {
  /** By request and key id. */
  readonly #grants = new Map<string, Grant>();

  /** Takes in a role that the log grants; others than these are passed over. */
  add(role: RoleSignature, keys: SigningKeys): void {
    const bound = role.role === 'approver' && v.safeParse(Bound, role.context);
    if (!bound || !bound.success) return;
    const { approval_id, key } = bound.output;
    // Of one request that stands each approver has one: older ones are of requests that are over.
    const oldest = this.#grants.keys().next().value;
    if (this.#grants.size >= LIMITS.liveRoles && oldest !== undefined) this.#grants.delete(oldest);
    this.#grants.set(nameOf({ approval_id, approver: keyId(fromHex(key)!) }), { role, keys });
  }

  isKnown(approval: Named): boolean {
    return this.#grants.has(nameOf(approval));
  }

  /** Whether the role covers this moment. @param now ms */
  isInTime(approval: Named, now: number): boolean {
    const role = this.#grants.get(nameOf(approval))?.role;
    return role !== undefined && now >= Date.parse(role.issued_at) && now < Date.parse(role.expires_at);
  }

  /** The key that signs it, when its role holds. */
  async keyOf(approval: Named): Promise<Uint8Array | undefined> {
    const grant = this.#grants.get(nameOf(approval));
    if (!grant) return undefined;
    try {
      await verifyRole(grant.role, grant.keys);
    } catch (error) {
      if (error instanceof GovernanceError) return undefined;
      throw error;
    }
    const key = fromHex(grant.role.context['key'] as string)!;
    return isSafePublicKey(key) ? key : undefined;
  }

  /** What a key granted falls with it. @returns the approvers */
  revokeIssuedBy(issuer: Sha256): Sha256[] {
    const gone = [...this.#grants].filter(([, { role }]) => role.issuer === issuer);
    for (const [name] of gone) this.#grants.delete(name);
    return gone.map(([name]) => name.split(' ')[1]!);
  }
}

const nameOf = ({ approval_id, approver }: Named): string => `${approval_id} ${approver}`;
