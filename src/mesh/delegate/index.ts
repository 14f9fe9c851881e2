export { delegate, type Delegation } from './ask';
export { serveDelegation, type DelegateHost, type DelegateServing, type Ran } from './serve';
export { verifyEvidence, type DelegatedRun, type Head } from './verify';
export type { Evidence } from './wire';
