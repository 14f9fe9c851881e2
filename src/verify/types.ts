import { SovereignError } from '../protocol/errors';

export type VerifyCode =
  | 'not_a_bundle'
  | 'bad_zip'
  | 'path_refused'
  | 'too_large'
  | 'too_many_files'
  | 'duplicate_name'
  | 'bad_key'
  | 'unreadable' // the disk or the message it came in would not give it whole
  | 'cancelled';

/** The input could not be read at all (exit code 2). What can be read and is wrong is a {@link Problem}. */
export class VerifyError extends SovereignError<VerifyCode> {
  override readonly name = 'VerifyError';
}

export type Verdict = 'pass' | 'fail' | 'unknown';
export const VERDICTS = ['integrity', 'authenticity', 'nonEquivocation', 'time', 'policyReplay'] as const;
export type VerdictName = (typeof VERDICTS)[number];

export interface Problem {
  code: string;
  /** File, or file and line or entry: `log/entries.jsonl:17`. */
  where: string;
  message: string;
  verdict: VerdictName;
}

export interface Report {
  format: 'sovereign-bundle';
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
    /** All problems, also those past the first. */
    problems: number;
  };
}

/** A bundle's files, from a directory, a zip or memory. Bounded by the reader, before anything is inflated. */
export interface BundleReader {
  /** Paths with `/`, sorted by code unit; already refused: `..`, absolute, links, duplicates. */
  readonly files: readonly string[];
  read(path: string): Promise<Uint8Array>;
  readonly bytes: number;
  /** Set when the container itself says that it was changed since it was written. */
  readonly damage?: string;
}

export interface VerifyOptions {
  /** Raw Ed25519 governance key from outside the bundle. Without it authenticity is `unknown`. */
  governanceKey?: Uint8Array;
  signal?: AbortSignal;
  onProgress?: (step: string, done: number, total: number) => void;
}
