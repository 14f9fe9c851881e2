/** Runs a module of `randomModule`, plain or metered, and says all that can be seen of it. */
import { METERING_EXPORTS } from '../instrument';

export interface Run {
  /** Each call’s results, or the trap that ended all; then the memory, and what the host was told. */
  seen: string[];
  memory: Uint8Array;
  /** Units used; undefined for a plain module. */
  gas: bigint | undefined;
  /** Gas left at each call of the host. */
  atCalls: bigint[];
  why: number;
  ok: boolean;
}

const ARGUMENTS = [0, 1, -1, 7, 0x7fff_ffff, 1.5];

export function runModule(module: WebAssembly.Module, limit: bigint): Run {
  const run: Run = { seen: [], memory: new Uint8Array(), gas: undefined, atCalls: [], why: 0, ok: true };
  let gas: WebAssembly.Global | undefined;
  const log = (a: number, b: bigint): number => {
    run.seen.push(`log ${a} ${b}`);
    if (gas) run.atCalls.push(gas.value as bigint);
    return a ^ Number(b & 0xffn);
  };
  let exports: WebAssembly.Exports | undefined;
  try {
    exports = new WebAssembly.Instance(module, { host: { log } }).exports;
    gas = exports[METERING_EXPORTS.gas] as WebAssembly.Global | undefined;
    if (gas) gas.value = limit;
    callAll(exports, run);
  } catch (error) {
    run.seen.push(String(error));
    run.ok = false;
  }
  if (!exports) return run;
  if (gas) {
    run.gas = limit - (gas.value as bigint);
    if ((gas.value as bigint) < 0n) run.ok = false;
    run.why = (exports[METERING_EXPORTS.why] as WebAssembly.Global).value as number;
  }
  run.memory = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer).slice();
  return run;
}

/** A plain module's start function has run by now; a metered one's is an export. */
function callAll(exports: WebAssembly.Exports, run: Run): void {
  (exports[METERING_EXPORTS.start] as (() => void) | undefined)?.();
  for (const [name, value] of Object.entries(exports)) {
    if (!/^f\d+$/.test(name) || typeof value !== 'function') continue;
    for (let i = 0; i < 2; i++) {
      const result = callWith(value as (...args: unknown[]) => unknown, i);
      if (result !== undefined) run.seen.push(`${name} ${result}`);
    }
  }
}

/** A function that takes or gives vectors, and one that takes other types than it is tried with, is not called. */
function callWith(call: (...args: unknown[]) => unknown, offset: number): string | undefined {
  const args = Array.from({ length: call.length }, (_, i) => ARGUMENTS[(i + offset) % ARGUMENTS.length]);
  for (let types = 0; types < 2 ** args.length; types++) {
    const mixed = args.map((arg, i) => ((types >> i) & 1 ? BigInt(Math.trunc(arg!)) : arg));
    try {
      return show(call(...mixed));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError)) throw error;
      if (error instanceof RangeError) throw error;
    }
  }
  return undefined;
}

const show = (value: unknown): string =>
  Array.isArray(value) ? value.map(show).join() : Object.is(value, -0) ? '-0' : String(value);
