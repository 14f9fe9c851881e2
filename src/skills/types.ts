import { SovereignError } from '../protocol/errors';
import type { Sha256 } from '../crypto';

/** A module that is refused before it runs, or a request that is. */
export type SkillCode =
  | 'not_wasm'
  | 'invalid_module'
  | 'import_not_granted'
  | 'missing_export'
  | 'bad_export'
  | 'memory_over_limit'
  | 'input_too_large'
  | 'bad_limits' // details.limit: the one that is no number in range
  | 'unknown_skill'
  | 'hash_mismatch'
  | 'overloaded'
  | 'no_host' // no tab is there to lend a worker
  | 'cancelled'
  | 'trap' // the four ways a run fails, as the skills executor throws them
  | 'bad_output'
  | 'timeout'
  | 'host_fault';

export class SkillError extends SovereignError<SkillCode> {
  override readonly name = 'SkillError';
}

export interface SkillLimits {
  /** Linear memory, in 64 KiB pages. */
  memoryPages: number;
  wallMs: number;
  outputBytes: number;
}

export interface SkillRequest {
  moduleSha256: Sha256;
  module: Uint8Array;
  input: Uint8Array;
  limits: SkillLimits;
  /** Import names granted by the work order, as `module.name`. Empty: the skill gets nothing. */
  grants: readonly string[];
}

/**
 * How a run ended. `ok` and `trap` are properties of the skill and its input; `host_fault` is the machine's and is
 * never a result. Gas and `out_of_gas`, `stack_overflow` join with the instrumenter.
 */
export type SkillOutcome =
  | { kind: 'ok'; output: Uint8Array; ms: number }
  | { kind: 'trap'; message: string; ms: number }
  | { kind: 'bad_output'; message: string; ms: number } // pointer or length outside its memory, or over the limit
  | { kind: 'host_fault'; reason: 'timeout' | 'memory' | 'worker_lost' | 'native_stack'; message: string; ms: number };

/** Runs one module once, in a fresh instance. Adapters: the browser's supervisor, Node's worker threads. */
export interface SkillRunner {
  /** @throws SkillError for a module or request that is refused. A run that fails is an outcome, not an error. */
  run(request: SkillRequest, signal?: AbortSignal): Promise<SkillOutcome>;
}

/** A bundled skill as pinned by the build: skills/manifest.json. */
export interface SkillManifest {
  name: string;
  version: string;
  title: string;
  description: string;
  abi: 'raw';
  sha256: Sha256;
  bytes: number;
  /** Import names it wants. */
  imports: string[];
  limits: SkillLimits;
  licence: string;
  /** A one-line hint of what input it takes, and of what it answers. */
  input: string;
  output: string;
}
