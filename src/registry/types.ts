import { SovereignError } from '../protocol/errors';
import type { Sha256 } from '../crypto';

export type RegistryCode =
  | 'bad_manifest' // details.field: where
  | 'bad_index'
  | 'bad_signature' // not signed by the author, or publisher, that it names
  | 'module_mismatch' // the module's bytes are not those that the manifest names
  | 'grant_not_wanted' // a capability that the manifest does not ask for
  | 'already_installed'
  | 'version_taken' // this version was installed from another manifest
  | 'name_taken' // the name is another author's on this node
  | 'name_reserved' // the name is that of a skill in the build
  | 'not_newer' // an upgrade goes forward; back is a rollback
  | 'not_installed'
  | 'unknown_version'
  | 'moved' // the skill is not in the state that was approved
  | 'pinned'
  | 'revoked' // details: what, reason
  | 'author_revoked'
  | 'registry_full'
  | 'not_found' // the files of a package are not here
  | 'unreachable'; // a link that could not be read

export class RegistryError extends SovereignError<RegistryCode> {
  override readonly name = 'RegistryError';
}

/** Most that one run of the skill needs. The order of a run repeats them. */
export interface ManifestLimits {
  /** 64 KiB pages. */
  memoryPages: number;
  wallMs: number;
  outputBytes: number;
  gas: number;
  hostCalls: number;
  hostBytes: number;
}

export interface Capability {
  /** Of the closed grammar in grants.ts. */
  grant: string;
  /** The author's reason, for the person who grants it. */
  why: string;
}

/** What an author says of one version of a skill; docs/registry.md. */
export interface SkillManifest {
  v: 1;
  name: string;
  /** SemVer 2.0.0 without build metadata. */
  version: string;
  title: string;
  description: string;
  abi: 'raw' | 'extism' | 'wasi' | 'quickjs';
  /** Exported function to call, where the ABI leaves it open. */
  entry?: string;
  /** Of the module as its author made it. */
  sha256: Sha256;
  bytes: number;
  capabilities: Capability[];
  limits: ManifestLimits;
  licence: string;
  /** Name of one of the app's own pictures; without it, or for an unknown one, the common one. */
  icon?: string;
  /** A line on what it takes and on what it answers. */
  input: string;
  output: string;
  /** Raw Ed25519 key, hex. A skill in the build is signed by nobody and pinned by the build. */
  author?: string;
  /** By the author over the JCS of all other fields, base64. */
  signature?: string;
}

/** A manifest from outside: an author answers for it. */
export type SignedManifest = SkillManifest & { author: string; signature: string };

/** A line of an index: enough to show it and to find its files. */
export interface IndexEntry {
  name: string;
  version: string;
  title: string;
  author: string;
  /** Of the manifest's canonical bytes; the file is `<manifest_sha256>.json`. */
  manifest_sha256: Sha256;
  /** Of the module; the file is `<sha256>.wasm`. */
  sha256: Sha256;
  bytes: number;
}

/** `index.json`: what a publisher offers. */
export interface SkillIndex {
  v: 1;
  title: string;
  publisher: string;
  /** One more at each change. */
  number: number;
  skills: IndexEntry[];
  /** Versions that the publisher took back. Counts for his own skills. */
  revoked: { manifest_sha256: Sha256; reason: string }[];
  signature: string;
}
