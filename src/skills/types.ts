import { SovereignError } from '../protocol/errors';
import type { Sha256 } from '../crypto';

/** A module that is refused before it runs, or a request that is. */
export type SkillCode =
  | 'not_wasm'
  | 'invalid_module'
  | 'unsupported_feature' // a proposal that is refused by name: details.rule
  | 'import_not_granted'
  | 'missing_export'
  | 'bad_export'
  | 'memory_over_limit'
  | 'input_too_large'
  | 'bad_limits' // details.limit: the one that is no number in range
  | 'bad_request' // seed, clock, arguments or files are not of their form
  | 'budget_exhausted' // the budget does not pay for one unit of gas
  | 'unknown_skill'
  | 'hash_mismatch'
  | 'overloaded'
  | 'no_host' // no tab is there to lend a worker
  | 'cancelled'
  | 'trap' // the ways a run fails, as the skills executor throws them
  | 'out_of_gas'
  | 'stack_overflow'
  | 'bad_output'
  | 'exit'
  | 'timeout'
  | 'host_fault';

export class SkillError extends SovereignError<SkillCode> {
  override readonly name = 'SkillError';
}

/** How the host and a module talk; docs/skill-abi.md. */
export type SkillAbi = 'raw' | 'extism' | 'wasi' | 'quickjs';

export interface SkillLimits {
  /** Linear memory, in 64 KiB pages. */
  memoryPages: number;
  wallMs: number;
  outputBytes: number;
  /** Units of docs/metering.md. */
  gas: number;
  /** Calls of the host, but for single reads and writes of the Extism kernel's memory. */
  hostCalls: number;
  /** Bytes that go to and come from the host, both counted. */
  hostBytes: number;
}

/** One call of the world as it was made: what a replay answers with. */
export interface HostCall {
  /** The capability, e.g. `http.fetch`. */
  name: string;
  request: Uint8Array;
  /** Exactly one of the two. */
  response?: Uint8Array | undefined;
  error?: string | undefined;
}

export interface SkillRequest {
  moduleSha256: Sha256;
  module: Uint8Array;
  abi: SkillAbi;
  /** The export to call, where the ABI leaves that open. */
  entry?: string | undefined;
  /** WASI: the program's arguments. Raw and Extism: `key=value`, the configuration. */
  args?: readonly string[] | undefined;
  /** WASI: files that it finds, by path without a leading slash. */
  files?: Readonly<Record<string, Uint8Array>> | undefined;
  input: Uint8Array;
  limits: SkillLimits;
  /** Most that the run may cost, in micro-IPPC; see price.ts. */
  budget?: number | undefined;
  /** What the work order grants: `log`, `progress`, `clock`, `random`, `config`, `memory.read`, `http.fetch:<host>`, … */
  grants: readonly string[];
  /** Hex, 32 bytes: all randomness comes from it. */
  seed: string;
  /** The virtual clock's start, ms since 1970. */
  now: number;
  /** A replay: the calls of the world as recorded. No world is attached then. */
  calls?: readonly HostCall[] | undefined;
}

/** What a run used. Equal on every machine, but for `ms`. */
export interface RunTotals {
  gas: number;
  /** micro-IPPC. */
  price: number;
  hostCalls: number;
  hostBytes: number;
  /** Of the linear memory at the end; of no bytes where the instance was discarded (trap, out_of_gas, stack_overflow). */
  memorySha256: Sha256;
  calls: HostCall[];
  logs: string[];
  ms: number;
}

/** The ways in which a skill itself fails: properties of the skill and its request, equal on every machine. */
export type SkillFailure = 'trap' | 'out_of_gas' | 'stack_overflow' | 'bad_output' | 'exit';
export type HostFaultReason = 'timeout' | 'memory' | 'worker_lost' | 'native_stack' | 'replay';

/** How a run ended. A `host_fault` is the machine's, says nothing of the skill and is never a result. */
export type SkillOutcome =
  | (RunTotals & { kind: 'ok'; output: Uint8Array })
  | (RunTotals & { kind: SkillFailure; message: string })
  | { kind: 'host_fault'; reason: HostFaultReason; message: string; ms: number };

/** The world behind the capabilities that need it. What it throws, a skill may see the message of. */
export interface SkillHost {
  call(name: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** Without it, every call of the world is refused. */
  host?: SkillHost | undefined;
  onProgress?: ((permille: number, note: string) => void) | undefined;
  /** Whose run it is: the queue is fair between them. */
  principal?: string | undefined;
}

/** Runs one module once, in a fresh instance. Adapters: the browser's supervisor, Node's worker threads. */
export interface SkillRunner {
  /** @throws SkillError for a module or request that is refused. A run that fails is an outcome, not an error. */
  run(request: SkillRequest, options?: RunOptions): Promise<SkillOutcome>;
}
