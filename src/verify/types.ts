import type { DecisionRecord } from '../protocol/decisions';
import type { ExecutionReplay } from '../protocol/execution';
import type { Disclosed } from './openings';
import { SovereignError } from '../protocol/errors';

export type VerifyCode =
  | 'not_a_bundle'
  | 'not_a_proof' // a tlog-proof, or the entry that goes with it
  | 'bad_zip'
  | 'path_refused'
  | 'too_large'
  | 'too_many_files'
  | 'duplicate_name'
  | 'bad_key'
  | 'bad_policy' // the witness policy from outside
  | 'bad_tsa' // the certificate of a time-stamping authority from outside
  | 'bad_checkpoint' // the older checkpoint from outside
  | 'unreadable' // the disk or the message it came in would not give it whole
  | 'cancelled';

/** The input could not be read at all (exit code 2). What can be read and is wrong is a {@link Problem}. */
export class VerifyError extends SovereignError<VerifyCode> {
  override readonly name = 'VerifyError';
}

export type Verdict = 'pass' | 'fail' | 'unknown';
export const VERDICTS = ['integrity', 'authenticity', 'nonEquivocation', 'time', 'policyReplay', 'execution'] as const;
export type VerdictName = (typeof VERDICTS)[number];

export interface Problem {
  code: string;
  /** File, or file and line or entry: `log/entries.jsonl:17`. */
  where: string;
  message: string;
  verdict: VerdictName;
}

/** What the input turned out to be. */
export type ReportFormat = 'sovereign-bundle' | 'seed-compliance-bundle' | 'seed-audit-log' | 'tlog-proof';

/** What one witness that was pinned from outside saw, and when by its own clock. */
export interface WitnessedHead {
  /** The first `size` entries existed by `time`. */
  size: number;
  witness: string;
  /** ISO 8601 UTC. */
  time: string;
}

export interface Report {
  format: ReportFormat;
  verdicts: Record<VerdictName, Verdict>;
  /** One sentence per verdict: what was checked, or why it is unknown. */
  reasons: Record<VerdictName, string>;
  /** The first `LIMITS.bundleProblems` of them, in the order of checking. */
  problems: Problem[];
  facts: {
    origin: string | null;
    entries: number | null;
    root: string | null;
    firstTime: string | null;
    lastTime: string | null;
    files: number;
    bytes: number;
    /** Hex; as the bundle states it. */
    governanceKey: string | null;
    /** The run whose artifacts and statements are here; null when it is all runs' or was not readable. */
    run: string | null;
    /** Cosignatures that hold and whose witness the given policy names, by size and then by time. */
    witnessed: WitnessedHead[];
    /** Personal fields that the exporter chose to show, each of them what the log holds the hash of. */
    disclosed: Disclosed[];
    /** All problems, also those past the first. */
    problems: number;
  };
}

/** A bundle's files, from a directory, a zip or memory. Bounded by the reader, before anything is inflated. */
export interface BundleReader {
  /** Paths with `/`, sorted by code unit; already refused: `..`, absolute, links, duplicates. */
  readonly files: readonly string[];
  /** The declared size; 0 for a path that is not in `files`. */
  size(path: string): number;
  /**
   * The file from its first byte to its last, in pieces that are the caller's only until it asks for the next.
   *
   * @throws VerifyError `bad_zip`, `unreadable` while it is read: what came before is not the file.
   */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** The whole file. @throws VerifyError as `stream`. */
  read(path: string): Promise<Uint8Array>;
  /** Of all files. */
  readonly bytes: number;
  /** Set when the container itself says that it was changed since it was written. */
  readonly damage?: string;
}

/** The policies and the schema that were in force together. */
export interface PolicyTexts {
  cedar: string;
  schema: string;
}

/** Recomputes decisions. Handed in, because its engine is 4 MB of WASM that not every verification needs. */
export interface PolicyReplay {
  /** What is wrong with the record under these texts, in words; `undefined` when it is what they decide. */
  judge(record: DecisionRecord, policy: PolicyTexts): string | undefined;
}

export interface VerifyOptions {
  /** Raw Ed25519 governance key from outside the bundle. Without it authenticity is `unknown`. */
  governanceKey?: Uint8Array;
  /** A C2SP witness policy from outside the bundle: whose cosignatures count, and how many are enough. */
  witnessPolicy?: string;
  /** PEM bytes of the certificate of a time-stamping authority, from outside the bundle: whose tokens bound its times. */
  tsa?: Uint8Array;
  /** A checkpoint note of this log that was kept outside the bundle. */
  older?: Uint8Array;
  /** The verdicts that {@link accepted} asks for; by default those that the other options make possible. */
  only?: readonly VerdictName[];
  /** Without it policyReplay is `unknown`. */
  replay?: PolicyReplay;
  /** Makes recorded runs of skills again, which takes as long as they took. Without it execution is `unknown` or fails. */
  executions?: ExecutionReplay;
  signal?: AbortSignal;
  onProgress?: (step: string, done: number, total: number) => void;
}
