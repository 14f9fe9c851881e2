/** Who belongs to a mesh: invitations, pairing, the signed list of members, and new keys when one is removed. */
export * from './invitation';
export * from './roster';
export * from './rekey';
export * from './life';
export * from './pairing';
export * from './sync';
export { refusal, type Refusal } from './talk';
