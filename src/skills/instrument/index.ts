/** Makes a module metered, bounded and deterministic: docs/metering.md. */
import type { ModuleInfo } from './module';
import { parseModule } from './parse';
import { unsupported } from './refuse';
import { Rewriter } from './rewrite';

export { METERING_EXPORTS, type ExternKind, type ModuleInfo, type SizeLimits } from './module';
export { inspectModule } from './parse';
export { METERING } from './version';

export interface MeteringOptions {
  /** Most that the memory may have, in 64 KiB pages; what a module declares beyond is cut to it. */
  memoryPages: number;
  /** The same for each table. */
  tableEntries: number;
  /** `reference` is slow and simple, for tests: it charges the same. */
  mode?: 'fast' | 'reference';
  /** Counts no stack and leaves NaNs as they are: for the bench and for tests, to see what gas costs by itself. */
  gasOnly?: boolean;
  /** Baked into the gas counter of a stand-alone module; by default 0, and the host sets it. */
  initialGas?: bigint;
  /** Lets imported functions take and give floats: only for a host that never gives a NaN. */
  floatImports?: boolean;
}

export interface Instrumented {
  wasm: Uint8Array<ArrayBuffer>;
  info: ModuleInfo;
}

/**
 * Rewrites a module so that it counts gas and stack, as docs/metering.md says. Any bytes may be given; time and memory are
 * linear in them. It does not check types: a module that `WebAssembly.validate` refuses may come out of it, so whoever
 * calls must ask that of the original as well.
 *
 * @throws SkillError `not_wasm`, `invalid_module`, `unsupported_feature` or `memory_over_limit`, with `details.rule` and
 *   `details.offset`.
 */
export function instrument(bytes: Uint8Array, options: MeteringOptions): Instrumented {
  const module = parseModule(bytes);
  if (!options.floatImports) refuseFloatImports(module.info);
  return { wasm: new Rewriter(bytes, module, options).rewrite(), info: module.info };
}

function refuseFloatImports(info: ModuleInfo): void {
  for (const { name, signature, offset } of info.imports)
    if (signature && /f32|f64|v128/.test(signature))
      throw unsupported('float-import', offset, `floats in the import ${name}`);
}
