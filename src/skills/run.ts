/** One run of one compiled module in a fresh instance: the host's side, in the skill's own worker. The same everywhere. */
import type { Sha256 } from '../crypto';
import { abiOf } from './abi';
import { outOfGas } from './abi/gas';
import { Host, type Link } from './abi/host';
import { GuestMemory } from './abi/memory';
import { Diverged, Stop } from './abi/stop';
import { digest } from './digest';
import { trapName } from './trap';
import type { HostCall, HostFaultReason, SkillAbi, SkillLimits, SkillOutcome } from './types';

/** What a skill's worker is handed. The module was admitted (see admit.ts), so its exports are of its ABI's shape. */
export interface Job {
  module: WebAssembly.Module;
  abi: SkillAbi;
  entry: string | undefined;
  args: readonly string[];
  files: Readonly<Record<string, Uint8Array>>;
  input: Uint8Array;
  limits: SkillLimits;
  grants: readonly string[];
  seed: string;
  now: number;
  /** A replay's. */
  calls: readonly HostCall[] | undefined;
  /** Whether there is a world to ask. */
  world: boolean;
}

/** What the instrumenter adds to a module; docs/metering.md. */
interface Added {
  __sovereign_gas: WebAssembly.Global<'i64'>;
  __sovereign_why: WebAssembly.Global<'i32'>;
}
const WHY = { gas: 1, stack: 2, hostMemory: 3 } as const;

/** A run that has ended, and what is left to be done for it: to hash its memory. */
export interface Ended {
  end: Unhashed;
  /** Nothing where the instance was discarded. */
  memory: Uint8Array<ArrayBuffer>;
}
type Unhashed = SkillOutcome extends infer O ? (O extends unknown ? Omit<O, 'ms' | 'memorySha256'> : never) : never;

/** One run in this thread, whose memory the engine hashes once no code of it can run any more. Never rejects. */
export async function runOnce(job: Job, link: Link): Promise<SkillOutcome> {
  const start = performance.now();
  const { end, memory } = runToEnd(job, link);
  try {
    return hashed(end, await digest(memory), performance.now() - start);
  } catch (error) {
    return { ...fault(error), ms: performance.now() - start };
  }
}

export const hashed = (end: Unhashed, memorySha256: Sha256, ms: number): SkillOutcome =>
  end.kind === 'host_fault' ? { ...end, ms } : { ...end, memorySha256, ms };

/** Blocks until the skill ends; only terminating the worker ends one that does not. Never throws. */
export function runToEnd(job: Job, link: Link): Ended {
  const run = new Run(job, link);
  const end = attempt(run);
  const kept = end.kind === 'ok' || end.kind === 'bad_output' || end.kind === 'exit';
  return { end, memory: kept ? run.memory : new Uint8Array() };
}

function attempt(run: Run): Unhashed {
  try {
    return run.finish(run.call());
  } catch (error) {
    try {
      return run.fail(error);
    } catch (other) {
      return fault(other);
    }
  }
}

class Run {
  readonly #job: Job;
  readonly #host: Host;
  readonly #memory = new GuestMemory();
  #why: WebAssembly.Global<'i32'> | undefined;

  constructor(job: Job, link: Link) {
    this.#job = job;
    this.#host = new Host({ ...job, link });
  }

  get memory(): Uint8Array<ArrayBuffer> {
    return this.#memory.all();
  }

  /** @returns the output */
  call(): Uint8Array {
    const { module, abi, entry, input, files } = this.#job;
    const { functions, run } = abiOf(abi).open({ host: this.#host, memory: this.#memory, entry, input, files });
    const { exports } = new WebAssembly.Instance(module, functions);
    const added = exports as unknown as Added;
    // A memory that the ABI made is there already.
    if (exports['memory']) this.#memory.attach(exports['memory'] as WebAssembly.Memory);
    this.#why = added.__sovereign_why;
    this.#host.gas.attach(added.__sovereign_gas);
    const called = this.#host.gas.checked(exports);
    called['__sovereign_start']?.();
    return run(called);
  }

  finish(output: Uint8Array): Unhashed {
    return { kind: 'ok', output, ...this.#host.totals(this.#host.gas.used) };
  }

  /** How a run that threw has ended. @throws what is no property of the skill */
  fail(error: unknown): Unhashed {
    const { limit, used } = this.#host.gas;
    // At a trap the counter may be stale, and what it ran is discarded: the whole limit is charged.
    const discarded = (kind: 'trap' | 'out_of_gas' | 'stack_overflow', message: string): Unhashed => {
      return { kind, message, ...this.#host.totals(limit) };
    };
    if (error instanceof Stop) {
      const { kind, message } = error;
      if (kind === 'trap' || kind === 'out_of_gas' || kind === 'stack_overflow') return discarded(kind, message);
      if (used > limit) return discarded('out_of_gas', outOfGas(limit).message);
      return { kind, message, ...this.#host.totals(used) };
    }
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    switch (this.#why?.value) {
      case WHY.gas:
        return discarded('out_of_gas', outOfGas(limit).message);
      case WHY.stack:
        return discarded('stack_overflow', 'it called too deep');
      case WHY.hostMemory:
        return { kind: 'host_fault', reason: 'memory', message: 'the machine has no memory left for it' };
      default:
        return discarded('trap', trapName(error.message));
    }
  }
}

function fault(error: unknown): Extract<Unhashed, { kind: 'host_fault' }> {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'host_fault', reason: reasonOf(error, message), message };
}

function reasonOf(error: unknown, message: string): HostFaultReason {
  if (error instanceof Diverged) return 'replay';
  // V8: RangeError "Maximum call stack size exceeded"; SpiderMonkey: InternalError "too much recursion".
  if (/call stack|recursion/i.test(message)) return 'native_stack';
  if (error instanceof RangeError || /memory/i.test(message)) return 'memory';
  return 'worker_lost';
}
