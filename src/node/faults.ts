import { AuditError } from '../audit';
import { GovernanceError } from '../governance/types';
import { SovereignError } from '../protocol/errors';
import type { RequestName, SubsystemName } from '../protocol/messages';
import { StorageError } from '../storage';
import { HaltError } from './halts';

/** The keys are sealed and must be unlocked by their owner again: only a boot can ask for that. */
export class NeedsBoot extends Error {
  override readonly name = 'NeedsBoot';
}

/** Ends the node's life as it is; restarting a part of it mends nothing. */
export const isFatal = (error: unknown): boolean =>
  error instanceof HaltError || error instanceof NeedsBoot || isWriterLost(error);

export const isWriterLost = (error: unknown): boolean => error instanceof StorageError && error.code === 'writer_lost';

/**
 * Whether what the subsystem threw says that it is broken. A typed refusal is an answer, but for the few that say so;
 * what a restart cannot mend (a log that was changed) then halts the node, because every start is a check.
 */
export function isFault(name: SubsystemName, error: unknown): boolean {
  if (!(error instanceof SovereignError)) return true;
  switch (name) {
    case 'storage':
      return error instanceof StorageError && error.code === 'unavailable';
    case 'log':
      if (error instanceof StorageError) return error.code === 'corrupt';
      return error instanceof AuditError && ['closed', 'log_broken', 'bad_checkpoint'].includes(error.code);
    case 'kernel':
      return error instanceof GovernanceError && error.code === 'config_broken';
    default:
      return false;
  }
}

/** Whose failure it is when a request's handler itself throws: `undefined` where no subsystem answers. */
export const SUBSYSTEM_OF: Record<RequestName, SubsystemName | undefined> = {
  Ping: undefined,
  GetStatus: undefined,
  QueryCore: undefined,
  MeshDial: 'mesh',
  MeshPeers: 'mesh',
  GetMesh: 'mesh',
  CreateMesh: 'mesh',
  SetRelays: 'mesh',
  InviteMember: 'mesh',
  WithdrawInvitation: 'mesh',
  ReadInvitation: undefined,
  JoinMesh: 'mesh',
  OfferLink: 'mesh',
  AcceptLink: 'mesh',
  WithdrawLink: 'mesh',
  AnswerLink: 'mesh',
  ConfirmPairing: 'mesh',
  RemoveMember: 'mesh',
  SetDeputy: 'mesh',
  TakeOverMesh: 'mesh',
  SetMemberRights: 'mesh',
  LeaveMesh: 'mesh',
  DiagnoseMesh: 'mesh',
  ListMemberApprovals: 'mesh',
  DecideMemberApproval: 'mesh',
  VerifyLicense: undefined,
  Erase: undefined,
  Retry: undefined,
  RunWasm: 'skills',
  ListSkills: 'skills',
  RunSkill: 'skills',
  DelegateSkill: 'mesh',
  StopSkill: undefined,
  InspectSkill: 'skills',
  ReplayExecution: 'skills',
  InspectPackage: 'kernel',
  FetchSkill: 'kernel',
  FetchContent: 'mesh',
  FetchPackage: 'mesh',
  StopFetch: undefined,
  InstallSkill: 'kernel',
  RollbackSkill: 'kernel',
  PinSkill: 'kernel',
  RevokeSkill: 'kernel',
  ListAuthors: 'kernel',
  TrustAuthor: 'kernel',
  RevokeAuthor: 'kernel',
  GetIdentity: 'identity',
  Unlock: 'identity',
  Seal: 'identity',
  GetRecoveryPhrase: 'identity',
  ExportBackup: 'identity',
  RestorePhrase: 'identity',
  RestoreBackup: 'identity',
  RebindDevice: 'identity',
  PersistStorage: undefined,
  ExportRaw: 'storage',
  GetSetting: 'storage',
  SetSetting: 'storage',
  ListEntries: 'log',
  GetEntry: 'log',
  MakeCheckpoint: 'log',
  GetHeads: 'log',
  ProveEntry: 'log',
  CompareCheckpoint: 'log',
  PrepareTimestamp: 'log',
  AttachTimestamp: 'log',
  VerifyLog: 'log',
  Witnesses: 'witness',
  SetWitnesses: 'witness',
  AskWitnesses: 'witness',
  FindWitness: 'witness',
  RestartLog: undefined,
  ExportBundle: 'kernel',
  ListPersonal: 'log',
  ErasePersonal: 'kernel',
  ListKeys: 'log',
  GetRecoveryText: 'log',
  RotateKey: 'kernel',
  RevokeKey: 'kernel',
  SetTrustees: 'kernel',
  RecoverOwner: 'kernel',
  SignAsTrustee: 'identity',
  ListApprovals: 'kernel',
  DecideApproval: 'kernel',
  PreviewDecision: 'kernel',
  GetPolicies: 'kernel',
  ValidatePolicies: 'kernel',
  SignPolicies: 'kernel',
  ListPipelines: 'pipeline',
  SavePipeline: 'pipeline',
  DeletePipeline: 'pipeline',
  ValidatePipeline: 'pipeline',
  StartRun: 'pipeline',
  StopRun: 'pipeline',
  ResumeRun: 'pipeline',
  ListRuns: 'pipeline',
  GetRun: 'pipeline',
};
