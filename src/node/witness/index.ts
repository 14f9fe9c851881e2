export * from './types';
export type { Fetch } from './ask';
export type { NodeWitnesses } from './witnesses';
export { checkWitnessed } from './boot-check';
export { OLD_WITNESSED_RECORD, WITNESSED_RECORD } from './book';
