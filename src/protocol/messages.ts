/**
 * The one contract between a node and whoever talks to it: a tab over a port, the terminal over a socket, a paired
 * device over the mesh. Names keep the seed's vocabulary and serde's external tagging: a request without parameters is
 * its name (`"Ping"`), one with parameters an object with one key (`{"MeshDial":{"addr":"…"}}`).
 *
 * Everything here is JSON, so it crosses any of those. Bytes (datasets, bundles, modules) go by hash through the blob
 * calls of {@link NodeApi}.
 */
import type { Json, JsonObject } from './json';
import type { MeshRequests } from './mesh';
import type { WireError } from './errors';
import type { Checkpoint, EventType } from '../audit/types';
import type { PublicIdentity } from '../identity/types';
import type { PendingApproval, Verdict } from '../governance/types';
import type { DocumentProblem, RunStatus } from '../pipeline/types';
import type { AuthorView, DelegatedRunView, LinkView, PackageView, SkillRunResult, SkillView } from './skill-views';
import type { Comparison, EntryProof, EntryView, Heads, LogFilter, ReplayView } from './log-views';
import type { KeySpan, Purpose, RevocationReason } from '../keys/types';
import type { FoundWitness, WitnessConfig, WitnessState } from '../node/witness/types';

export type { Comparison, EntryProof, EntryView, Heads, LogFilter, ReplayView, Seen, SeenHead } from './log-views';
export type {
  AuthorView,
  DelegatedRunView,
  LinkView,
  PackageView,
  SkillRunResult,
  SkillUse,
  SkillVersionView,
  SkillView,
} from './skill-views';

export type SubsystemName =
  'storage' | 'identity' | 'log' | 'witness' | 'kernel' | 'skills' | 'pipeline' | 'mesh' | 'host';
export interface SubsystemHealth {
  name: SubsystemName;
  state: 'starting' | 'up' | 'restarting' | 'down' | 'idle';
  /** Plain words, for `restarting` and `down`. */
  message?: string;
  restarts: number;
}

export interface NodeStatus {
  phase: 'booting' | 'locked' | 'halted' | 'ready' | 'reload_needed';
  /** Why it halted, and what can be done: see {@link Halt}. */
  halt?: Halt;
  version: string;
  build: string;
  realm: 'shared-worker' | 'dedicated-worker' | 'node';
  uptime_ms: number;
  node_id: string | null;
  /** `witnessed_size`: how much of the log a quorum of the owner's witnesses cosigned; 0 for none. */
  log: { size: number; root: string; checkpoint_size: number; witnessed_size: number } | null;
  storage: { used: number; quota: number | null; persisted: boolean };
  subsystems: SubsystemHealth[];
  tabs: number;
  pending_approvals: number;
  active_run: string | null;
  /** The seed's fields, true to what is there. */
  mesh_peer_id: string | null;
  mesh_connections: number;
  license_active: boolean;
  system_health: 'OK' | 'DEGRADED' | 'HALTED';
}

/** A node that will not start half: the reason, and each way out as a button. */
export interface Halt {
  code:
    | 'clone_suspected'
    | 'identity_broken'
    | 'identity_missing'
    | 'log_broken'
    | 'log_rolled_back'
    | 'config_broken'
    | 'storage_unavailable';
  message: string;
  /** What was not lost. */
  kept: string;
  ways: (
    'rebind_with_phrase' | 'restore_phrase' | 'restore_backup' | 'export_raw' | 'restart_log' | 'erase' | 'retry'
  )[];
}

export interface PolicyDocument {
  cedar: string;
  schema: string;
  sha256: string;
  /** Log position from which it is in force. */
  in_force_from: number;
  signed_at: string;
}

/** The log's witnesses and how each stands. */
export interface WitnessesView {
  witnesses: WitnessState[];
  quorum: number;
  /** Entries in the log, and how many of them a quorum cosigned. */
  size: number;
  witnessed_size: number;
}

/** A personal field whose opening is kept. */
export interface PersonalField {
  sha256: string;
  seq: number;
  ts: string;
  type: EventType;
  /** RFC 6901, from the entry on. */
  pointer: string;
  value: Json;
}

export interface KeysView {
  /** Every key of this log, oldest first. */
  keys: KeySpan[];
  trustees: {
    needed: number;
    since: string;
    /** The name is null when there was none or it was erased. */
    trustees: { key: string; name: string | null }[];
  } | null;
}

/** Request name → its parameters and its answer. `void` parameters travel as the bare name. */
export interface Requests extends MeshRequests {
  // The seed's seven; two of them are in mesh.ts.
  Ping: { params: void; result: 'Pong' };
  GetStatus: { params: void; result: NodeStatus };
  QueryCore: { params: { query: string; params: Json }; result: Json };
  /** `path`: a bundled skill's name or a module's SHA-256. */
  RunWasm: { params: { path: string; input: string }; result: string };
  VerifyLicense: {
    params: { tx_id: string; developer_addr: string; required_sats: number };
    result: { valid: boolean; details: string };
  };

  // Identity.
  GetIdentity: { params: void; result: PublicIdentity };
  Unlock: { params: { passphrase: string } | { passkey: true }; result: PublicIdentity };
  /** Seals the keys at rest; `unseal` goes back to the device's own wrapping. */
  Seal: { params: { passphrase: string } | { passkey: true } | { unseal: true }; result: PublicIdentity };
  GetRecoveryPhrase: { params: void; result: { words: string[] } };
  /** A sealed file, as text, for the owner to keep. */
  ExportBackup: { params: { passphrase: string }; result: { file: string } };
  /** On a clean profile, or out of a halt. Replaces nothing that works: `identity_exists` otherwise. */
  RestorePhrase: { params: { words: string[] }; result: PublicIdentity };
  RestoreBackup: { params: { file: string; passphrase: string }; result: PublicIdentity };
  RebindDevice: { params: { words: string[] }; result: PublicIdentity };
  /** Deletes everything. `confirm` must be 'erase'. */
  Erase: { params: { confirm: string }; result: null };
  Retry: { params: void; result: null };
  /** The log's lines as they are stored, for a halted node. Checks nothing. */
  ExportRaw: { params: void; result: { jsonl: string } };

  // Log.
  ListEntries: {
    params: { before?: number; limit: number; filter?: LogFilter };
    /** Newest first. `next` is the `before` of the next page, null at the start of the log. */
    result: { entries: EntryView[]; next: number | null; size: number };
  };
  GetEntry: { params: { seq: number }; result: EntryView };
  MakeCheckpoint: { params: void; result: Checkpoint };
  /** Where the log's own and its witnessed heads stand. */
  GetHeads: { params: void; result: Heads };
  ProveEntry: { params: { seq: number }; result: EntryProof };
  /** `note`: a signed checkpoint as text, or a tlog-proof that holds one. */
  CompareCheckpoint: { params: { note: string }; result: Comparison };
  /** A fresh checkpoint's text, for a time-stamping authority (RFC 3161) to stamp. */
  PrepareTimestamp: { params: void; result: { size: number; text: string } };
  /**
   * `token`: the authority's answer, in the blob store. Kept with the checkpoint that it is of, for the next bundles.
   * Answers how many entries that covers, and the token's own time.
   */
  AttachTimestamp: { params: { token: string }; result: { size: number; time: string } };
  /** Re-reads the whole log from storage and checks chain, tree and checkpoint. */
  VerifyLog: { params: void; result: { ok: boolean; entries: number; ms: number; problem: string | null } };
  /** Governed. `sha256` names the zip in the blob store. */
  ExportBundle: {
    /** Hashes of the personal fields that this bundle opens to its reader. */
    params: { disclose: string[] };
    result: { sha256: string; bytes: number; files: number; seq: number };
  };
  /** What stands in the log as a hash only and whose opening is still kept: each once, at its last place. */
  ListPersonal: { params: void; result: PersonalField[] };
  /** Governed. What is erased stays a hash for ever; answers how many were erased. */
  ErasePersonal: { params: { hashes: string[] }; result: { erased: number } };

  // Keys. All but the first two are governed, and the node starts anew with the keys that they leave in force.
  ListKeys: { params: void; result: KeysView };
  /** The text that trustees sign to appoint the owner's next key. */
  GetRecoveryText: { params: void; result: { text: string } };
  RotateKey: { params: { purpose: Purpose }; result: KeysView };
  RevokeKey: { params: { purpose: Purpose; key: string; reason: RevocationReason }; result: KeysView };
  SetTrustees: { params: { needed: number; trustees: { key: string; name: string }[] }; result: KeysView };
  RecoverOwner: { params: { signatures: { key: string; signature: string }[] }; result: KeysView };
  /** Signs another node's recovery as its trustee, with this node's owner key. Nothing but a recovery text is signed. */
  SignAsTrustee: { params: { text: string }; result: { key: string; signature: string } };

  // Witnesses.
  Witnesses: { params: void; result: WitnessesView };
  /** The owner's choice; logged. `quorum`: how many of them make a checkpoint witnessed. */
  SetWitnesses: { params: { witnesses: WitnessConfig[]; quorum: number }; result: WitnessesView };
  /** Asks every witness about the log as it is now; answers when each has answered or failed. */
  AskWitnesses: { params: void; result: WitnessesView };
  /** What a Sovereign Node witness at this address says of itself, for the owner to compare and pin. */
  FindWitness: { params: { url: string }; result: FoundWitness };
  /** Out of `log_rolled_back`: a new log under a new name, which begins by saying so. `confirm` must be 'new log'. */
  RestartLog: { params: { confirm: string }; result: null };

  // Pipelines.
  ListPipelines: { params: void; result: { name: string; yaml: string; builtin: boolean; changed: string | null }[] };
  SavePipeline: { params: { name: string; yaml: string }; result: null };
  DeletePipeline: { params: { name: string }; result: null };
  ValidatePipeline: {
    params: { yaml: string };
    result: { problems: DocumentProblem[]; stages: { name: string; type: string; needs: string[] }[] };
  };
  /** `datasets`: file name in the YAML → blob, for files that the user picked. Bundled ones need no mention. */
  StartRun: { params: { yaml: string; datasets: Record<string, string> }; result: { run: string } };
  StopRun: { params: { run: string }; result: RunStatus };
  ResumeRun: { params: { run: string }; result: RunStatus };
  ListRuns: { params: void; result: RunStatus[] };
  GetRun: { params: { run: string }; result: RunStatus };

  // Approvals.
  ListApprovals: { params: void; result: PendingApproval[] };
  /** `note`: why, for the owner; it stands in the log as a hash, and can be shown or erased. */
  DecideApproval: { params: { id: string; verdict: Verdict; note?: string }; result: null };
  /** The policies in force and what an 'always' or 'never' would make of them. Changes nothing. */
  PreviewDecision: { params: { id: string; verdict: 'always' | 'never' }; result: { before: string; after: string } };

  /** Makes a recorded run of a skill again, with no world attached. By its outcome, its authorisation or its order. */
  ReplayExecution: { params: { seq: number } | { order_id: string }; result: ReplayView };

  // Skills.
  ListSkills: { params: void; result: SkillView[] };
  /**
   * `budget`: the most that it may spend, in micro-IPPC. `call`: a name of the asker's choice, under which it is told of
   * the run (`skill_run`) and can stop it.
   */
  RunSkill: {
    params: { skill: string; input_sha256: string; budget?: number; call?: string };
    result: SkillRunResult;
  };
  /**
   * Governed. Has another member, who granted it, run a skill that is here too, and verifies all that it answers. `input`:
   * in the blob store, or as text. `call`: as of RunSkill. What came of it can be made again by ReplayExecution.
   */
  DelegateSkill: {
    params: { member: string; skill: string; input: { sha256: string } | { text: string }; call?: string };
    result: DelegatedRunView;
  };
  /** Whether a run of that name was under way. It ends with the outcome `cancelled`. */
  StopSkill: { params: { call: string }; result: boolean };
  /** A module the user picked, already in the blob store: refused with its reason, or described. */
  InspectSkill: { params: { sha256: string }; result: { imports: string[]; exports: string[]; bytes: number } };
  /** A signed manifest and its module, both in the blob store: refused with its reason, or what installing it means. */
  InspectPackage: { params: { manifest: string }; result: PackageView };
  /** Governed. Reads an index, or a signed manifest with its module beside it, from a link of the owner's. */
  FetchSkill: { params: { url: string }; result: LinkView };
  /**
   * Governed. Fetches content from members into the blob store: from several at once, each piece verified as it comes,
   * and on from where an earlier fetch stopped. `peers`: whom to ask, every member that is connected by default.
   * `max_bytes`: more is refused. `call`: as of RunSkill; told of by `content`. `from`: who gave of it.
   */
  FetchContent: {
    params: { sha256: string; peers?: string[]; max_bytes?: number; call?: string };
    result: { sha256: string; bytes: number; from: string[] };
  };
  /** Governed. Fetches a skill from members: the signed manifest of this hash, and the module that it names. */
  FetchPackage: { params: { manifest: string; peers?: string[]; call?: string }; result: PackageView };
  /** Whether a fetch of that name was under way. What came so far is kept for the next one. */
  StopFetch: { params: { call: string }; result: boolean };
  /** Governed. Installs the package or upgrades to it. `grants`: what it gets of what it asks for; default all. */
  InstallSkill: { params: { manifest: string; grants?: string[] }; result: SkillView };
  /** Governed. `to`: the manifest of a version that was installed before. */
  RollbackSkill: { params: { skill: string; to: string }; result: SkillView };
  /** Governed. A pinned skill stays at the version in use. */
  PinSkill: { params: { skill: string; pinned: boolean }; result: SkillView };
  /** Governed, and for ever. `manifest`: the version. It stops where it runs. */
  RevokeSkill: { params: { skill: string; manifest: string; reason: string }; result: SkillView };
  /** Every author of whom this node has or had a word. */
  ListAuthors: { params: void; result: AuthorView[] };
  /** Governed. */
  TrustAuthor: { params: { author: string; trusted: boolean }; result: AuthorView[] };
  /** Governed, and for ever: everything by this key stops. */
  RevokeAuthor: { params: { author: string; reason: string }; result: AuthorView[] };

  // Policies.
  GetPolicies: {
    params: void;
    result: { current: PolicyDocument; history: { sha256: string; in_force_from: number; signed_at: string }[] };
  };
  ValidatePolicies: { params: { cedar: string }; result: { problems: DocumentProblem[]; warnings: string[] } };
  SignPolicies: { params: { cedar: string }; result: { sha256: string; seq: number } };

  /** Asks the browser, through an open tab, not to clear the store by itself. Whether it agreed. */
  PersistStorage: { params: void; result: boolean };

  // Settings: small preferences of the UI, shared by all tabs.
  GetSetting: { params: { key: string }; result: Json };
  SetSetting: { params: { key: string; value: Json }; result: null };
}

export type RequestName = keyof Requests;
export type Params<N extends RequestName> = Requests[N]['params'];
export type Result<N extends RequestName> = Requests[N]['result'];

/** As it crosses: `"Ping"` or `{ MeshDial: { addr } }`. */
export type WireRequest = { [N in RequestName]: Params<N> extends void ? N : { [K in N]: Params<N> } }[RequestName];

/** As it comes back: the seed's names where it has one, `Ok` for the rest. */
export type WireResponse =
  | 'Pong'
  | { Status: NodeStatus }
  | { CoreResult: Json }
  | { WasmOutput: string }
  | { MeshGeneric: string }
  | { LicenseResult: { valid: boolean; details: string } }
  | { Ok: Json | JsonObject }
  | { Error: WireError };

/** Pushed to every tab. A hint to re-read, small enough to drop: `resync` says that some were dropped. */
export type NodeEvent =
  | { type: 'status' }
  | { type: 'log'; size: number }
  | { type: 'run'; run: RunStatus }
  | { type: 'approvals'; pending: number }
  /** Of a run that was asked for with a `call`: it waits for the owner's yes, or runs and is that far. */
  | { type: 'skill_run'; call: string; phase: 'waiting' | 'running'; permille: number; note: string }
  /** Of a fetch from members that was asked for with a `call`. */
  | { type: 'content'; call: string; phase: 'waiting' | 'running'; permille: number; note: string }
  | { type: 'policies' }
  | { type: 'skills' }
  | { type: 'identity' }
  | { type: 'witnesses' }
  | { type: 'mesh' }
  | { type: 'resync' };

/** What a tab holds after connecting (comlink). Errors come back inside the response, so that their codes survive. */
export interface NodeApi {
  request(request: WireRequest): Promise<WireResponse>;
  /** Stores bytes by content; the answer is their SHA-256. */
  putBlob(bytes: Uint8Array): Promise<{ Ok: string } | { Error: WireError }>;
  getBlob(sha256: string): Promise<{ Ok: Uint8Array } | { Error: WireError }>;
  /** `listener` is a comlink proxy. */
  subscribe(listener: (event: NodeEvent) => void): Promise<void>;
  /** Lends this tab's abilities; `port` speaks comlink `HostApi`. `lock` is the Web Lock the tab holds while it lives. */
  attachHost(port: MessagePort, lock: string): Promise<void>;
}

/** What a tab's worker answers to. */
export interface WorkerApi extends NodeApi {
  /** Name of the Web Lock that the worker holds while it lives. */
  life(): Promise<string>;
}

/** What only a window can do, lent to the node. */
export interface HostApi {
  /** A supervisor dedicated worker made by this tab; the port speaks skills/wire. */
  openSkills(): Promise<MessagePort>;
  /** This tab's WebRTC; the port speaks mesh/lend. */
  openRtc(): Promise<MessagePort>;
  persistStorage(): Promise<boolean>;
  createPasskey(
    userName: string,
    salt: Uint8Array,
  ): Promise<{ Ok: { credentialId: Uint8Array; secret: Uint8Array } } | { Error: WireError }>;
  getPasskey(credentialId: Uint8Array, salt: Uint8Array): Promise<{ Ok: Uint8Array } | { Error: WireError }>;
}
