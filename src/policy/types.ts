import { SovereignError } from '../protocol/errors';
import type { EntityName } from '../protocol/decisions';
import type { Sha256 } from '../crypto';
import type { Json } from '../protocol/json';

export type PolicyCode =
  | 'bad_policy' // details: { errors: [{ message, line?, column? }] }
  | 'bad_request'; // the schema does not know it

export class PolicyError extends SovereignError<PolicyCode> {
  override readonly name = 'PolicyError';
}

/** What Cedar is asked: its three names and the facts. */
export interface PolicyRequest {
  principal: Readonly<EntityName>;
  action: string;
  resource: Readonly<EntityName>;
  context: Readonly<Record<string, Json>>;
}

export interface Decision {
  effect: 'allow' | 'deny';
  /** `@id`s of the policies that decided, sorted. Empty: nothing permitted it. */
  policies: string[];
  /** Approvals by distinct approvers that this needs; 0 for a deny. */
  needed: number;
  /** Policies that failed to evaluate, sorted by id: the reason for a deny that no policy forbids. */
  errors: { id: string; message: string }[];
}

/** One policy document, parsed and ready to decide. */
export interface PolicySet {
  readonly cedar: string;
  readonly schema: string;
  readonly sha256: Sha256;
  readonly schemaSha256: Sha256;
  /** @throws PolicyError `bad_request` when the request does not fit the schema. */
  decide(request: PolicyRequest): Decision;
}
