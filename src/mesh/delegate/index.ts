export { compareRun, delegate, type Delegation } from './ask';
export { serveDelegation, type DelegateHost, type DelegateServing } from './serve';
export type { DelegatedRun } from './verify';
