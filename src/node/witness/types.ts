import type { Checkpoint } from '../../audit';

/** One who cosigns this node's checkpoints, as the owner configured it. */
export interface WitnessConfig {
  /** What the owner calls it. Letters, digits, dots and hyphens; it names the witness in `keys/policy.txt` too. */
  name: string;
  /** Submission prefix (c2sp.org/tlog-witness): `add-checkpoint` is asked under it. Without a slash at the end. */
  url: string;
  /** Its key, pinned: `name+hash+base64`, type cosignature/v1. */
  vkey: string;
}

/** How the last round with one witness went. */
export interface WitnessState extends WitnessConfig {
  /** Largest tree of this log that it cosigned, as far as this node holds the cosignature; 0 for none. */
  size: number;
  /** Unix seconds in that cosignature, null for none. */
  time: number | null;
  /** In words, when the last attempt failed; null when it did not. */
  problem: string | null;
}

/** What a witness says of itself. */
export interface FoundWitness extends WitnessConfig {
  /** Proposed, from its address. */
  name: string;
}

/** What the rest of the node sees of its witnesses. */
export interface Witnesses {
  /**
   * The note of exactly this checkpoint: the log's line first, then one line a witness that cosigned it, sorted by
   * witness name. Asks those who have not, and waits for them at most `waitMs`. Never rejects: no answer is no line.
   */
  cosigned(checkpoint: Checkpoint, waitMs: number): Promise<string>;
  /** The newest note with a cosignature whose tree is smaller than `size`, if there is one. */
  previous(size: number): string | undefined;
  /** `keys/policy.txt` (c2sp.org/tlog-policy): this log, the witnesses configured, and the quorum the owner chose. */
  policyText(): string;
  /** For the owner: each witness and how it stands. */
  states(): WitnessState[];
  /** Size of the largest tree that a quorum of witnesses (at least one) cosigned; 0 for none. */
  readonly witnessedSize: number;
}
