/** What a node tells of its log. */
import type { Entry, EventType, Severity } from '../audit/types';
import type { Replayed } from './execution';

export interface LogFilter {
  type?: EventType;
  severity?: Severity;
  /** Substring of the JSON line. */
  text?: string;
}

export interface EntryView {
  entry: Entry;
  /** The exact stored line, without its LF. */
  line: string;
  hash: string;
}

/** That one witness saw a head of the log, and when (unix seconds, by its own clock). */
export interface Seen {
  witness: string;
  time: number;
}

/** A head of the log that witnesses cosigned, earliest first. */
export interface SeenHead {
  size: number;
  seen: Seen[];
}

/** Where the log's signed heads stand. */
export interface Heads {
  origin: string;
  /** The key to check heads by, as C2SP tools take it (`log.vkey`). */
  vkey: string;
  /** Length of the log under its own newest signature. */
  signed: number;
  /** Length that enough of the owner's witnesses cosigned; 0 for none. */
  witnessed: number;
  /** How many witnesses the owner has. */
  witnesses: number;
  /** Heads that witnesses saw, smallest first. Of a long past only some are kept. */
  seen: SeenHead[];
}

/** A C2SP tlog-proof of one entry, and what it proves. */
export interface EntryProof {
  proof: string;
  /** The exact stored line, without its LF: the leaf is these bytes and an LF. */
  line: string;
  /** Length of the log under the checkpoint in the proof. */
  size: number;
  /** Whether witnesses cosigned that checkpoint. */
  witnessed: boolean;
}

/** A checkpoint that somebody kept, against the log as it is here. */
export interface Comparison {
  kind: 'same' | 'prefix' | 'newer' | 'fork' | 'unsigned' | 'foreign';
  words: string;
  /** Of the checkpoint. */
  size: number;
  root: string;
  /** Length of the log here. */
  here: number;
  /** Which of the owner's witnesses cosigned that checkpoint. */
  seen: Seen[];
}

/** A recorded run that was made again. */
export interface ReplayView {
  /** The entry in which the run ended. */
  seq: number;
  order_id: string;
  module_sha256: string;
  /** As recorded. */
  outcome: string;
  gas: number;
  replayed: Replayed;
}
