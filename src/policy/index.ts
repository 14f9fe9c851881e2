/**
 * Cedar (https://docs.cedarpolicy.com, 4.13) behind a small interface: documents, what is wrong with them, decisions.
 * Pure. The kernel decides by it and the verifier decides again by it, so both ask the same question the same way.
 */
export * from './types';
export { loadPolicies } from './set';
export { namedPolicies, type Cedar } from './document';
export { problemsIn, type PolicyCheck, type PolicyProblem } from './validate';
