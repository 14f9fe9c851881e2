import { LIMITS } from '../protocol/limits';
import { sha256Text, type Sha256 } from '../crypto';
import { demandOf } from './annotations';
import type { Cedar, NamedPolicy } from './document';
import { PolicyError, type Decision, type PolicyRequest, type PolicySet } from './types';
import { inspect } from './validate';

/**
 * Parses a policy document and its schema once and keeps them in the WASM instance under their digests, which makes a
 * decision about 60 µs instead of 400. Two documents never share a digest, so loading one disturbs no other.
 *
 * @throws PolicyError `bad_policy` with details.errors: { message, line, column }[].
 */
export function loadPolicies(cedar: Cedar, text: string, schema: string): PolicySet {
  const { problems, policies } = inspect(cedar, text, schema);
  if (problems.length > 0) throw badPolicy(problems);
  const [sha256, schemaSha256] = [sha256Text(text), sha256Text(schema)];
  const staticPolicies = Object.fromEntries(policies.map((p) => [p.id, p.text]));
  parsed(cedar.preparsePolicySet(sha256, { staticPolicies }));
  parsed(cedar.preparseSchema(schemaSha256, schema));
  const byId = new Map(policies.map((p) => [p.id, p]));
  const decideBy: PolicySet['decide'] = (request) => decide(cedar, sha256, schemaSha256, byId, request);
  return { cedar: text, schema, sha256, schemaSha256, decide: decideBy };
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
    context: { ...request.context } as Context,
    entities: [],
    preparsedPolicySetId: policySet,
    preparsedSchemaName: schema,
    validateRequest: true,
  });
  if (answer.type === 'failure') {
    const why = answer.errors.map((e) => e.message).join('; ');
    throw new PolicyError('bad_request', `The policy schema does not know this request: ${why}`, {
      advice: 'Use the facts that docs/policy.md lists.',
    });
  }
  const { decision, diagnostics } = answer.response;
  const policies = [...diagnostics.reason].sort();
  // Cedar skips a policy that fails to evaluate. A skipped forbid would allow, so any failure denies.
  if (decision === 'deny' || diagnostics.errors.length > 0) {
    const errors = diagnostics.errors.map(({ policyId: id, error }) => ({ id, message: error.message }));
    return { effect: 'deny', policies, needed: 0, errors: errors.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  }
  return { effect: 'allow', policies, needed: leastDemand(policies, byId), errors: [] };
}

type Context = Parameters<Cedar['statefulIsAuthorized']>[0]['context'];

/** Permits are a disjunction: the least demanding one suffices. */
function leastDemand(determining: readonly string[], byId: ReadonlyMap<string, NamedPolicy>): number {
  let least: number = LIMITS.approversPerAction;
  for (const id of determining) {
    const policy = byId.get(id);
    if (policy) least = Math.min(least, demandOf(policy.annotations));
  }
  return least;
}

function badPolicy(errors: readonly { message: string; line?: number; column?: number }[]): PolicyError {
  const first = errors[0];
  const place = first?.line === undefined ? '' : ` (line ${first.line}, column ${first.column})`;
  return new PolicyError('bad_policy', `The policies cannot be used: ${first?.message ?? 'unknown'}${place}`, {
    advice: 'Correct the marked lines; the policies in force stay as they are.',
    details: { errors },
  });
}
