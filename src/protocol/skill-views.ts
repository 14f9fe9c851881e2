/** Skills and their runs, as a node tells of them: docs/skills.md, docs/registry.md. */
import type { IndexEntry, SignedManifest, SkillManifest } from '../registry/types';
import type { SkillFailure } from '../skills/types';
import type { WireError } from './errors';

/** What a run came to. */
export interface SkillRunResult {
  outcome: 'ok' | SkillFailure | 'host_fault' | 'cancelled';
  message?: string;
  advice?: string;
  /** UTF-8 where it is text, and always by hash in the blob store. */
  text?: string;
  output_sha256?: string;
  output_bytes?: number;
  /** What it used; absent where the run itself has no result: a machine's fault, or stopped. */
  used?: SkillUse;
  ms: number;
  order_id: string;
  /** The entry in which it ended. */
  seq: number;
}

/** A run that another member made, as far as it was proven here: `order_id` and `seq` are of this node's own act. */
export interface DelegatedRunView extends SkillRunResult {
  on: {
    peer: string;
    name: string;
    /** The member's log, and where in it the run was authorised and ended. */
    origin: string;
    order_id: string;
    authorized_seq: number;
    ended_seq: number;
    /** Entries of that log under the checkpoint that the proof is of. */
    size: number;
    /** How many of them this node knew before, and saw to be the same; 0 for none. */
    known_size: number;
    /** What it was believed on, in the blob store. */
    evidence_sha256: string;
  };
}

export interface SkillUse {
  gas: number;
  /** micro-IPPC. */
  price: number;
  host_calls: number;
  host_bytes: number;
  memory_sha256: string;
}

/** A version of an installed skill. */
export interface SkillVersionView {
  version: string;
  manifest_sha256: string;
  sha256: string;
  grants: string[];
  current: boolean;
  /** Why the owner revoked it. */
  revoked: string | null;
}

/** A skill as the gallery shows it. */
export interface SkillView extends SkillManifest {
  /** What it may do: all that a bundled one asks for, what the owner granted an installed one. */
  grants: string[];
  /** Null for a skill of the build. */
  installed: {
    author: AuthorView;
    manifest_sha256: string;
    pinned: boolean;
    /** Why it does not run: it or its author was revoked. */
    refused: WireError | null;
    /** Newest installation first. */
    versions: SkillVersionView[];
  } | null;
}

/** An author of skills, known by a key. */
export interface AuthorView {
  /** Raw Ed25519 key, hex. */
  key: string;
  /** Four words to compare. */
  words: string;
  trusted: boolean;
  /** Why the owner revoked it. */
  revoked: string | null;
  /** Names that it has on this node. */
  skills: string[];
}

/** A package that could be installed. */
export interface PackageView {
  manifest: SignedManifest;
  manifest_sha256: string;
  author: AuthorView;
  /** The version that it would replace. */
  from: string | null;
  /** Capabilities against the version in use, all of them for a first installation. */
  gained: string[];
  lost: string[];
  /** Why it cannot be installed. */
  refused: WireError | null;
}

/** What a link led to. */
export type LinkView =
  | { kind: 'skill'; package: PackageView }
  | {
      kind: 'index';
      title: string;
      publisher: AuthorView;
      number: number;
      skills: (IndexEntry & { link: string; revoked: string | null; installed: boolean })[];
    };
