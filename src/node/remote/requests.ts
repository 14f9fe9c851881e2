import type { RequestName } from '../../protocol/messages';

/** What a device in control reads as freely as the owner does at his own screen. None of it holds a secret. */
export const READS: ReadonlySet<RequestName> = new Set<RequestName>([
  'Ping',
  'GetStatus',
  'GetIdentity',
  'QueryCore',
  'MeshPeers',
  'GetMesh',
  'VerifyLicense',
  'ListEntries',
  'GetEntry',
  'GetHeads',
  'ProveEntry',
  'CompareCheckpoint',
  'VerifyLog',
  'ListKeys',
  'Witnesses',
  'ListPipelines',
  'ListRuns',
  'GetRun',
  'ListApprovals',
  'PreviewDecision',
  'ListSkills',
  'ListAuthors',
  'GetPolicies',
]);

/** What is an act of the kernel itself, and is then the device's own. */
export const ACTS: ReadonlySet<RequestName> = new Set<RequestName>([
  'RunWasm',
  'RunSkill',
  'DelegateSkill',
  'ExportBundle',
]);

/**
 * What may be made here in the owner's name, by an act `ask` that says which device asked. Nothing else ever is, whatever
 * the policies permit: the rest hands out secrets, or has parameters that may not stand in the log.
 */
export const ASKED: ReadonlySet<RequestName> = new Set<RequestName>([
  'DecideApproval',
  'StopRun',
  'ResumeRun',
  'AskWitnesses',
  'MeshDial',
]);
