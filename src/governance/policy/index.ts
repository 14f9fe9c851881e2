export { createPolicyEngine, type Decision, type PolicyEngine, type PolicyRequest, type PolicySet } from './engine';
export { problemsIn, type PolicyCheck, type PolicyProblem } from './validate';
export { withAlways, withNever, type Triple } from './edit';
export { DEFAULT_POLICIES } from './defaults';
export { POLICY_SCHEMA } from './schema';
export type { Cedar } from './document';
