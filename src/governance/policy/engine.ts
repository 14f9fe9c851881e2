import { LIMITS } from '../../protocol/limits';
import { sha256Text, type Sha256 } from '../../crypto';
import { GovernanceError, type Intent } from '../types';
import { demandOf } from './annotations';
import type { Cedar, NamedPolicy } from './document';
import { inspect } from './validate';

/** What Cedar is asked. */
export type PolicyRequest = Pick<Intent, 'principal' | 'action' | 'resource' | 'context'>;

export interface Decision {
  effect: 'allow' | 'deny';
  /** `@id`s of the policies that decided, sorted. Empty: nothing permitted it. */
  policies: string[];
  /** Approvals by distinct approvers that this needs; 0 for a deny. */
  needed: number;
  /** Why it is a deny although no policy forbids it: a policy failed to evaluate. */
  errors: string[];
}

/** One policy document, parsed and ready to decide. */
export interface PolicySet {
  readonly cedar: string;
  readonly schema: string;
  readonly sha256: Sha256;
  readonly schemaSha256: Sha256;
  /** @throws GovernanceError `bad_arguments` when the request does not fit the schema. */
  decide(request: PolicyRequest): Decision;
}

export interface PolicyEngine {
  /** @throws GovernanceError `bad_policy` with details.errors: { message, line, column }[]. */
  load(cedarText: string, schema: string): PolicySet;
}

/**
 * Cedar (https://docs.cedarpolicy.com, 4.13) behind a small interface. Policy sets and schemas are parsed once and kept
 * in the WASM instance under their digest, which makes a decision about 60 µs instead of 400.
 */
export function createPolicyEngine(cedar: Cedar): PolicyEngine {
  const schemas = new Set<Sha256>();
  return {
    load(text, schema) {
      const { problems, policies } = inspect(cedar, text, schema);
      if (problems.length > 0) throw badPolicy(problems);
      const [sha256, schemaSha256] = [sha256Text(text), sha256Text(schema)];
      const staticPolicies = Object.fromEntries(policies.map((p) => [p.id, p.text]));
      parsed(cedar.preparsePolicySet(sha256, { staticPolicies }));
      if (!schemas.has(schemaSha256)) parsed(cedar.preparseSchema(schemaSha256, schema));
      schemas.add(schemaSha256);
      const byId = new Map(policies.map((p) => [p.id, p]));
      const decideBy: PolicySet['decide'] = (request) => decide(cedar, sha256, schemaSha256, byId, request);
      return { cedar: text, schema, sha256, schemaSha256, decide: decideBy };
    },
  };
}

function parsed(answer: ReturnType<Cedar['preparseSchema']>): void {
  if (answer.type === 'failure') throw badPolicy(answer.errors.map((e) => ({ message: e.message })));
}

function decide(
  cedar: Cedar,
  policySet: Sha256,
  schema: Sha256,
  byId: ReadonlyMap<string, NamedPolicy>,
  request: PolicyRequest,
): Decision {
  const answer = cedar.statefulIsAuthorized({
    principal: { type: request.principal.type, id: request.principal.id },
    action: { type: 'Action', id: request.action },
    resource: { type: request.resource.type, id: request.resource.id },
    context: { ...request.context },
    entities: [],
    preparsedPolicySetId: policySet,
    preparsedSchemaName: schema,
    validateRequest: true,
  });
  if (answer.type === 'failure') {
    const why = answer.errors.map((e) => e.message).join('; ');
    throw new GovernanceError('bad_arguments', `The policy schema does not know this request: ${why}`, {
      advice: 'Use the facts that docs/policy.md lists.',
    });
  }
  const { decision, diagnostics } = answer.response;
  const policies = [...diagnostics.reason].sort();
  const errors = diagnostics.errors.map((e) => `${e.policyId}: ${e.error.message}`);
  // Cedar skips a policy that fails to evaluate. A skipped forbid would allow, so any failure denies.
  if (decision === 'deny' || errors.length > 0) return { effect: 'deny', policies, needed: 0, errors };
  return { effect: 'allow', policies, needed: leastDemand(policies, byId), errors };
}

/** Permits are a disjunction: the least demanding one suffices. */
function leastDemand(determining: readonly string[], byId: ReadonlyMap<string, NamedPolicy>): number {
  let least: number = LIMITS.approversPerAction;
  for (const id of determining) {
    const policy = byId.get(id);
    if (policy) least = Math.min(least, demandOf(policy.annotations));
  }
  return least;
}

function badPolicy(errors: readonly { message: string; line?: number; column?: number }[]): GovernanceError {
  const first = errors[0];
  const place = first?.line === undefined ? '' : ` (line ${first.line}, column ${first.column})`;
  return new GovernanceError('bad_policy', `The policies cannot be used: ${first?.message ?? 'unknown'}${place}`, {
    advice: 'Correct the marked lines; the policies in force stay as they are.',
    details: { errors },
  });
}
