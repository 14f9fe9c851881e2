/** The raw ABI's host side: one run of one compiled module in a fresh instance. The same in every realm. */
import type { SkillOutcome } from './types';

/** What a skill's worker is handed. The module was admitted (see admit.ts), so its exports are of the ABI's shape. */
export interface Job {
  module: WebAssembly.Module;
  input: Uint8Array;
  /** The most bytes it may answer. */
  outputBytes: number;
}

interface Exports {
  memory: WebAssembly.Memory;
  alloc(length: number): number;
  run(pointer: number, length: number): bigint;
  _initialize?(): void;
}

/** A pointer or length that leads outside the skill's own memory, or past its limit. */
class OutOfBounds extends Error {}

/** Blocks until the skill ends; only terminating the worker ends one that does not. Never throws. */
export function runOnce(job: Job, now: () => number = () => performance.now()): SkillOutcome {
  const start = now();
  const elapsed = () => now() - start;
  try {
    const output = call(job);
    return { kind: 'ok', output, ms: elapsed() };
  } catch (error) {
    return { ...failure(error), ms: elapsed() };
  }
}

function call({ module, input, outputBytes }: Job): Uint8Array<ArrayBuffer> {
  const skill = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  skill._initialize?.();
  const pointer = skill.alloc(input.length) >>> 0; // An i32 arrives signed.
  slice(skill.memory, pointer, input.length, 'alloc').set(input);
  const packed = BigInt.asUintN(64, skill.run(pointer, input.length));
  const length = Number(packed & 0xffff_ffffn);
  if (length > outputBytes) throw new OutOfBounds(`run answered ${length} bytes and may answer ${outputBytes}`);
  return slice(skill.memory, Number(packed >> 32n), length, 'run').slice();
}

/** A view on the memory as it is now: growing detaches older buffers. */
function slice(memory: WebAssembly.Memory, pointer: number, length: number, by: string): Uint8Array<ArrayBuffer> {
  const size = memory.buffer.byteLength;
  if (pointer + length > size) {
    throw new OutOfBounds(`${by} pointed at ${length} bytes from ${pointer}, outside its ${size} bytes of memory`);
  }
  return new Uint8Array(memory.buffer, pointer, length);
}

type Failure =
  | { kind: 'trap' | 'bad_output'; message: string }
  | { kind: 'host_fault'; reason: 'memory' | 'native_stack' | 'worker_lost'; message: string };

function failure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof OutOfBounds) return { kind: 'bad_output', message };
  if (error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message };
  // V8: RangeError "Maximum call stack size exceeded"; SpiderMonkey: InternalError "too much recursion".
  if (/call stack|recursion/i.test(message)) return { kind: 'host_fault', reason: 'native_stack', message };
  if (error instanceof RangeError || /memory/i.test(message)) return { kind: 'host_fault', reason: 'memory', message };
  return { kind: 'host_fault', reason: 'worker_lost', message };
}
