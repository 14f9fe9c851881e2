import type { JsonObject } from '../protocol/json';
import type { Purpose, RevocationReason } from './shapes';

export type { Purpose, RevocationReason } from './shapes';

/** An entry of the log, as far as a key's life needs it. */
export interface KeyEntry {
  readonly seq: number;
  readonly ts: string;
  readonly type: string;
  readonly data: JsonObject;
}

export interface Moment {
  seq: number;
  ts: string;
}

/** How a key came to follow the one before it: what a verifier that knows only the older one may believe. */
export type Link =
  | 'genesis'
  | 'signed' // the key before it signed the change
  | 'committed' // it was revoked, but had committed to this one by a signature of its own
  | 'recovered' // the trustees appointed it
  | 'unvouched'; // the owner key replaced a revoked key that had committed to nothing

/** One key and the stretch of the log in which it was in force: from entry `from` (not itself) up to entry `until`. */
export interface KeySpan {
  readonly purpose: Purpose;
  /** Raw public key, hex. */
  readonly key: string;
  /** Changes of this purpose before it, in this log. */
  readonly index: number;
  readonly link: Link;
  readonly from: Moment;
  /** The entry that ended it; null while it is in force. */
  readonly until: Moment | null;
  /** Nothing that it signed at or after entry `fromSeq` counts; `at` is the entry that says so. */
  readonly revoked: { readonly fromSeq: number; readonly reason: RevocationReason; readonly at: Moment } | null;
}

export interface Trustees {
  readonly number: number;
  readonly needed: number;
  readonly trustees: readonly { readonly key: string; readonly name: { readonly $hidden: string } | null }[];
  /** SHA-256 of the JCS of the signed list: what a recovery names. */
  readonly sha256: string;
  readonly at: Moment;
}

/** A signature that an entry rests on and that the reader checks: over the JCS of `body`, by `key` (hex). */
export interface Proof {
  readonly key: string;
  readonly body: object;
  readonly signature: string;
  /** What is wrong when it does not hold: 'the key before it did not sign the change'. */
  readonly flaw: string;
}

/** What one entry did: nothing when `flaws` is not empty. */
export interface Step {
  readonly flaws: readonly string[];
  readonly proofs: readonly Proof[];
}
