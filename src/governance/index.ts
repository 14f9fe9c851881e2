/**
 * Governance: the one path from an intent to an effect. `openGovernance` gives the kernel; executors hold the gate.
 * Guarantees, formats and limits: docs/work-order.md and docs/policy.md.
 */
export * from './types';
export { openGovernance, type Governance, type GovernanceOptions, type PolicyInForce } from './open';
export type { OrderExpectation, OrderGate } from './gate';
export type { KeyGuard } from './guard';
export type { RoleGrant } from './roles';
export type { FactSource } from './actions';
export { actionDigest, readAct } from './actions';
export { ApprovalShape, signApproval } from './approval';
export { parseOrder } from './order';
export { verifyJcs } from './signed';
export { DEFAULT_POLICIES, POLICY_SCHEMA } from './policy';
