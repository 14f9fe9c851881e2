import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { JsonObject } from '../protocol/json';
import type { Random } from '../protocol/runtime';
import { hex, jcs, sha256Text, type Sha256, type Signer } from '../crypto';
import { PrincipalShape, type Act } from './actions';
import { deepFreeze, isDeepFrozen } from './freeze';
import { keyId, NonceShape, Sha256Shape, SignatureShape, signJcs, verifyJcs, type SigningKeys } from './signed';
import { isoTime, TimeShape } from './time';
import { GovernanceError, type ActionName, type Principal, type RoleSignature } from './types';

type Role = RoleSignature['role'];

/** What a role is good for; the policies then decide within it. */
const ROLE_ACTIONS: Readonly<Record<Role, readonly ActionName[]>> = {
  owner: [
    'run_stage',
    'read_dataset',
    'store_artifact',
    'run_skill',
    'promote',
    'rollback',
    'export_evidence',
    'sign_policies',
    'rotate_key',
    'revoke_key',
    'set_trustees',
    'recover_owner',
    'erase_openings',
    'fetch_skill',
    'install_skill',
    'upgrade_skill',
    'rollback_skill',
    'pin_skill',
    'revoke_skill',
    'trust_author',
    'revoke_author',
    'fetch_content',
    'delegate_skill',
  ],
  pipeline_executor: [
    'run_stage',
    'read_dataset',
    'store_artifact',
    'run_skill',
    'promote',
    'rollback',
    'export_evidence',
  ],
  evaluator: ['run_stage', 'read_dataset', 'store_artifact', 'run_skill'],
  promoter: ['run_stage', 'store_artifact', 'promote', 'rollback'],
  auditor: ['run_stage', 'store_artifact', 'export_evidence'],
  controller: ['ask', 'run_skill', 'delegate_skill', 'export_evidence'],
  // Says that a key is on the list of members, and not what its holder may do.
  member: ['run_skill', 'fetch_content'],
  // Asks for nothing: see approvers.ts.
  approver: [],
};

export const RoleShape = v.strictObject({
  v: v.literal(1),
  role: v.picklist(Object.keys(ROLE_ACTIONS) as Role[]),
  principal: PrincipalShape,
  context: v.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  nonce: NonceShape,
  issued_at: TimeShape,
  expires_at: TimeShape,
  issuer: Sha256Shape,
  signature: SignatureShape,
});

export interface RoleGrant {
  role: Role;
  principal: Principal;
  /** What it is good for, e.g. `{ run }`: each key must be the act's own `run`, or stand in its context or arguments. */
  context: JsonObject;
  /** ms; at most, and when absent, {@link LIMITS.roleTtlMs}. */
  ttlMs?: number;
}

/** @param now ms */
export async function signRole(grant: RoleGrant, now: number, random: Random, issuer: Signer): Promise<RoleSignature> {
  const ttl = Math.min(grant.ttlMs ?? LIMITS.roleTtlMs, LIMITS.roleTtlMs);
  const body: Omit<RoleSignature, 'signature'> = {
    v: 1,
    role: grant.role,
    principal: grant.principal,
    context: grant.context,
    nonce: hex(random.bytes(16)),
    issued_at: isoTime(now),
    expires_at: isoTime(now + ttl),
    issuer: keyId(issuer.publicKey),
  };
  const signature = await signJcs(issuer, body);
  return deepFreeze({ ...body, principal: { ...body.principal }, context: copyOf(body.context), signature });
}

const copyOf = (context: JsonObject): JsonObject => JSON.parse(jcs(context)) as JsonObject;

/** SHA-256 of the JCS of the whole role signature, `signature` included: how orders name it. */
export const roleDigest = (role: RoleSignature): Sha256 => sha256Text(jcs(role));

/**
 * The roles that the log granted. A role signature counts only when it stands in the log, is signed by a key of the
 * registry, has not been revoked, and fits the act: never because of a key or a name inside it.
 */
export class RoleRegistry {
  /** Each with the keys that were in force where the log grants it. */
  readonly #roles = new Map<Sha256, { role: RoleSignature; keys: SigningKeys }>();
  readonly #nonces = new Set<string>();
  readonly #verified = new Set<Sha256>();

  /** Takes in a logged grant; one that reuses a nonce is passed over. @param now ms; expired ones are dropped. */
  add(role: RoleSignature, digest: Sha256, now: number, keys: SigningKeys): void {
    if (this.#nonces.has(role.nonce)) return;
    if (this.#roles.size >= LIMITS.liveRoles) this.#dropExpired(now);
    this.#roles.set(digest, { role, keys });
    this.#nonces.add(role.nonce);
  }

  /** Room for another one? */
  hasRoom(now: number): boolean {
    if (this.#roles.size >= LIMITS.liveRoles) this.#dropExpired(now);
    return this.#roles.size < LIMITS.liveRoles;
  }

  /** What a key granted falls with it. */
  revokeIssuedBy(issuer: Sha256): void {
    for (const [digest, { role }] of this.#roles) if (role.issuer === issuer) this.revoke(digest);
  }

  revoke(digest: Sha256): boolean {
    this.#verified.delete(digest);
    return this.#roles.delete(digest);
  }

  /**
   * The digest of a role signature that permits this act to be asked for.
   * @param now ms
   * @throws GovernanceError `role_invalid`
   */
  async check(presented: unknown, act: Act, now: number): Promise<Sha256> {
    const digest = digestOf(presented);
    const granted = this.#roles.get(digest);
    if (!granted) throw invalid('the log holds no such grant, or it was revoked');
    if (!this.#verified.has(digest)) {
      await verifyRole(granted.role, granted.keys);
      this.#verified.add(digest);
    }
    fits(granted.role, act, now);
    return digest;
  }

  #dropExpired(now: number): void {
    for (const [digest, { role }] of this.#roles) {
      if (now < Date.parse(role.expires_at)) continue;
      this.revoke(digest);
      this.#nonces.delete(role.nonce);
    }
  }
}

/**
 * Shape, issuer and signature. The key comes from the registry; governance may not grant ownership.
 * @throws GovernanceError `role_invalid`
 */
export async function verifyRole(value: unknown, keys: SigningKeys): Promise<RoleSignature> {
  const parsed = v.safeParse(RoleShape, value);
  if (!parsed.success) throw invalid(`${v.getDotPath(parsed.issues[0]) ?? ''} ${parsed.issues[0].message}`);
  const { signature, ...body } = parsed.output;
  const owner = keyId(keys.owner);
  const issuer = body.issuer === owner ? keys.owner : body.issuer === keyId(keys.governance) ? keys.governance : null;
  if (!issuer) throw invalid('its issuer is not a registered key');
  if (body.role === 'owner' && body.issuer !== owner) throw invalid('only the owner key grants ownership');
  if (!(await verifyJcs(issuer, body, signature))) throw invalid("its issuer's signature does not hold");
  return parsed.output;
}

function fits(role: RoleSignature, act: Act, now: number): void {
  const { principal } = role;
  if (principal.type !== act.principal.type || principal.id !== act.principal.id) {
    throw invalid('it was granted to another principal');
  }
  if ((role.role === 'owner') !== (principal.type === 'Owner')) {
    throw invalid(`a ${principal.type} cannot act as ${role.role}`);
  }
  if (!ROLE_ACTIONS[role.role].includes(act.action)) throw invalid(`a ${role.role} may not ${act.action}`);
  if (now < Date.parse(role.issued_at)) throw invalid('it is not valid yet');
  if (now >= Date.parse(role.expires_at)) throw invalid('it has expired');
  for (const [key, value] of Object.entries(role.context)) {
    if (jcs(value) !== stated(act, key)) throw invalid(`it was granted for another ${key}`);
  }
}

/** What the act says of a key, as JCS. */
function stated(act: Act, key: string): string | undefined {
  if (key === 'run') return act.run === undefined ? undefined : jcs(act.run);
  const from = Object.hasOwn(act.context, key) ? act.context : act.args;
  return Object.hasOwn(from, key) ? jcs(from[key]) : undefined;
}

/** Digests of role signatures that can no longer change: one serves a whole run. */
const digests = new WeakMap<object, Sha256>();

function digestOf(presented: unknown): Sha256 {
  if (typeof presented !== 'object' || presented === null) throw invalid('there is none');
  const known = digests.get(presented);
  if (known !== undefined) return known;
  try {
    const digest = roleDigest(presented as RoleSignature);
    if (isDeepFrozen(presented)) digests.set(presented, digest);
    return digest;
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
}

const invalid = (why: string, cause?: unknown): GovernanceError =>
  new GovernanceError('role_invalid', `The role signature does not hold: ${why}.`, {
    cause,
    advice: 'Start again, so that a fresh role is granted.',
  });
