export { createPolicyEngine, type PolicyEngine } from './engine';
export { withAlways, withNever, type Triple } from './edit';
export { DEFAULT_POLICIES } from './defaults';
export { POLICY_SCHEMA } from './schema';
