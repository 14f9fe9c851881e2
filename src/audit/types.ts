import { SovereignError } from '../protocol/errors';
import type { JsonObject } from '../protocol/json';
import type { Sha256, Signer } from '../crypto';

/** The log's vocabulary, closed: a reader may rely on it and a typo does not compile. */
export const EVENT_TYPES = [
  'GENESIS',
  'CONFIG_SNAPSHOT',
  'ROLE_SIGNATURE',
  'POLICY_BINDING',
  'APPROVAL_REQUESTED',
  'APPROVAL_DECIDED',
  'APPROVAL_EXPIRED',
  'EXECUTION_AUTHORIZED',
  'EXECUTION_BLOCKED',
  'EXECUTION_COMPLETED',
  'EXECUTION_FAILED',
  'RUN_STARTED',
  'RUN_RESUMED',
  'RUN_STOPPED',
  'RUN_COMPLETED',
  'RUN_FAILED',
  'STAGE_STARTED',
  'STAGE_COMPLETED',
  'STAGE_FAILED',
  'VOTE_CAST',
  'PROMOTION',
  'ROLLBACK',
  'AUDIT_EXPORT',
  'HTTP_FETCHED',
  'KEY_SEALED',
  'KEY_ROTATED',
  'KEY_REVOKED',
  'TRUSTEES_SET',
  'RECOVERY',
  'OPENING_ERASED',
  'SKILL_INSTALLED',
  'SKILL_ROLLED_BACK',
  'SKILL_PINNED',
  'SKILL_REVOKED',
  'AUTHOR_TRUSTED',
  'AUTHOR_REVOKED',
  'IDENTITY_RESTORED',
  'DEVICE_REBOUND',
  'TAIL_TRUNCATED',
  'CLOCK_STEPPED_BACK',
  'WITNESSES_SET',
  'MESH_CREATED',
  'MESH_JOINED',
  'MESH_ROSTER',
  'MESH_LEFT',
  'MESH_INVITED',
  'MESH_INVITATION_ENDED',
  'MESH_RIGHTS_SET',
  'MESH_PEER_DROPPED',
  'LOG_RESTARTED',
  'NODE_STARTED',
  'SUBSYSTEM_RESTARTED',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export type Severity = 'INFO' | 'WARNING' | 'CRITICAL';

/** One line of the log; see docs/log-format.md. */
export interface Entry {
  readonly v: 1;
  /** Position, from 0, without gaps. */
  readonly seq: number;
  /** ISO 8601 UTC with milliseconds. Never earlier than the entry before it. */
  readonly ts: string;
  readonly type: EventType;
  readonly severity: Severity;
  /** SHA-256 of the previous line with its LF; 64 zeros for the first. */
  readonly prev: Sha256;
  readonly data: JsonObject;
}

export interface NewEntry {
  type: EventType;
  severity?: Severity;
  data: JsonObject;
}

/** What an append resolves to, once durable. */
export interface Receipt {
  seq: number;
  ts: string;
  /** SHA-256 of the stored line with its LF. */
  hash: Sha256;
}

export interface Checkpoint {
  origin: string;
  size: number;
  /** RFC 6962 tree head, hex. */
  root: Sha256;
  /** The C2SP signed note, as text. */
  note: string;
}

export type AuditCode =
  | 'not_json'
  | 'entry_too_large'
  | 'overloaded' // the append queue is full
  | 'log_broken' // chain, tree or checkpoint does not hold; details.seq says where
  | 'log_rolled_back' // shorter than its own last checkpoint
  | 'bad_checkpoint'
  | 'closed'
  | 'no_entry';

export class AuditError extends SovereignError<AuditCode> {
  override readonly name = 'AuditError';
}

export interface AppendOptions {
  /** The log key that these entries put in force: it signs every head that covers them. */
  signer?: Signer;
}

/** RFC 6962 proofs, 32 bytes a hash. Each rejects with AuditError `no_entry` for a size or index the log does not have. */
export interface TreeProofs {
  /** Tree head of the first `size` entries. */
  rootAt(size: number): Promise<Sha256>;
  /** That the tree of `newSize` begins with the one of `oldSize`; empty for 0 and for equal sizes. */
  consistency(oldSize: number, newSize: number): Promise<Uint8Array[]>;
  /** That entry `index` is in the tree of `size`, its sibling first. */
  inclusion(index: number, size: number): Promise<Uint8Array[]>;
}

/** What the other domains see of the log. The implementation is `openLog` in this folder. */
export interface AuditLog {
  readonly origin: string;
  readonly size: number;
  readonly root: Sha256;
  /** Resolves once durable, together with others in one commit. Order of calls is order in the log. */
  append(entry: NewEntry): Promise<Receipt>;
  /**
   * Several entries, adjacent, in one commit: all are durable or the promise rejects and none is. Only in a directory
   * can a power cut in the middle leave the first of them, unacknowledged.
   */
  appendAll(entries: readonly NewEntry[], options?: AppendOptions): Promise<Receipt[]>;
  /** Entries [from, to), parsed. */
  entries(from: number, to: number): AsyncIterable<Entry>;
  /** Stored bytes of lines [from, to), LF included: what is exported, hashed and signed. */
  lines(from: number, to: number): AsyncIterable<Uint8Array>;
  /** Signs a head over everything appended so far, durably. `checkpoint` of an unchanged log returns the last one. */
  checkpoint(): Promise<Checkpoint>;
  readonly lastCheckpoint: Checkpoint | undefined;
  /** Proofs over the log's own tree, at any of its sizes so far. They cost the same however long the log is. */
  readonly proofs: TreeProofs;
  /** Called after each new checkpoint is durable. Outside the append path: it may take its time, not throw. */
  onCheckpoint(listener: (checkpoint: Checkpoint) => void): () => void;
  /** Called after each durable commit with the entries that became durable. */
  onAppend(listener: (entries: readonly Entry[]) => void): () => void;
  /** Signs a last checkpoint and lets go. Never needed for safety. */
  close(): Promise<void>;
}
