/** Another’s random modules: Binaryen’s fuzzer makes them of random bytes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instrument, METERING_EXPORTS } from './index';

/** Of the Binaryen that AssemblyScript brings. */
const WASM_OPT = join(fileURLToPath(new URL('../../../node_modules/', import.meta.url)), 'binaryen/bin/wasm-opt');
const FEATURES = ['--mvp-features', '--enable-bulk-memory', '--enable-sign-ext', '--enable-nontrapping-float-to-int'];

function binaryenModule(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'ttf-'));
  try {
    writeFileSync(join(folder, 'in'), bytes);
    const args = [join(folder, 'in'), '-ttf', '--denan', ...FEATURES, '-o', join(folder, 'out.wasm')];
    execFileSync(process.execPath, [WASM_OPT, ...args], { stdio: 'ignore' });
    return new Uint8Array(readFileSync(join(folder, 'out.wasm')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls all exports without parameters, and says what came of each; what traps ends all. */
function seen(wasm: Uint8Array<ArrayBuffer>): { lines: string[]; gas: bigint | undefined } {
  const module = new WebAssembly.Module(wasm);
  const lines: string[] = [];
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = (...args: unknown[]) => void lines.push(`${name} ${args.join()}`);
  let exports: WebAssembly.Exports;
  try {
    // A start function may trap.
    exports = new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports;
    (exports[METERING_EXPORTS.start] as (() => void) | undefined)?.();
    for (const [name, value] of Object.entries(exports))
      if (!name.startsWith('__sovereign_') && typeof value === 'function' && value.length === 0)
        lines.push(`${name} ${String((value as () => unknown)())}`);
  } catch (error) {
    return { lines: [...lines, String(error)], gas: undefined };
  }
  const gas = exports[METERING_EXPORTS.gas] as WebAssembly.Global | undefined;
  return { lines, gas: gas?.value as bigint | undefined };
}

test('modules of wasm-opt -ttf behave as they did, and both modes charge the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1_000, maxLength: 3_000 }), (bytes) => {
      const plain = binaryenModule(bytes);
      const options = { memoryPages: 1_000, tableEntries: 10_000, initialGas: 1n << 40n, floatImports: true };
      const fast = seen(instrument(plain, { ...options, mode: 'fast' }).wasm);
      const reference = seen(instrument(plain, { ...options, mode: 'reference' }).wasm);
      expect(fast.lines).toEqual(seen(plain).lines);
      expect(reference).toEqual(fast);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
