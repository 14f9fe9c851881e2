/**
 * The life of a log's keys: rotation with a commitment to the next key, revocation, trustees and recovery, as entries of
 * the log and one pure fold over them. Pure; used by the node, the exporter and the verifier. docs/identity.md.
 */
export * from './types';
export { KEY_EVENTS, KeyLife } from './life';
export {
  parseRecovery,
  PURPOSES,
  REASONS,
  type Commitments,
  type Purpose,
  type Recovery,
  type Revocation,
  type RevocationReason,
  type Rotation,
  type TrusteeList,
  type TrusteeSignature,
} from './shapes';
export { commitmentTo, holds, signBody, signGenesis } from './sign';
export { keyFiles } from './files';
