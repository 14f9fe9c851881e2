import { loadPolicies, PolicyError, type Cedar, type PolicySet } from '../../policy';
import { GovernanceError } from '../types';

/** Cedar in this domain's words: what it refuses is a {@link GovernanceError}, and so is logged. */
export interface PolicyEngine {
  /**
   * Policies whose `decide` throws GovernanceError `bad_arguments` for a request that does not fit the schema.
   * @throws GovernanceError `bad_policy` with details.errors: { message, line, column }[].
   */
  load(cedarText: string, schema: string): PolicySet;
}

export const createPolicyEngine = (cedar: Cedar): PolicyEngine => ({
  load(text, schema) {
    const policies = refusing('bad_policy', () => loadPolicies(cedar, text, schema));
    return { ...policies, decide: (request) => refusing('bad_arguments', () => policies.decide(request)) };
  },
});

function refusing<T>(code: 'bad_policy' | 'bad_arguments', ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const { message, advice, details } = error;
    throw new GovernanceError(code, message, { details, cause: error, ...(advice === undefined ? {} : { advice }) });
  }
}
