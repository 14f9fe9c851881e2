/** What a bundle holds besides the log, as the log tells it: shared by its writer and its verifier. Pure. */
export { EvidenceFold, type EvidenceEntry, type MadeFile, type RunEvidence, type StageEvidence } from './fold';
export {
  inTotoFiles,
  inTotoRuns,
  LAYOUT_FILE,
  LAYOUT_KEY_FILE,
  linkName,
  type Functionaries,
  type FunctionaryName,
  type InTotoFile,
} from './in-toto';
export { FileNames, plainName } from './names';
