/** The programs in a browser's worker. */
import { benchOverhead } from '../skills/overhead';
import type { SqliteGlue } from '../skills/programs';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const wasm = async (name: string) => new Uint8Array(await (await fetch(`/skills/${name}.wasm`)).arrayBuffer());
const glue = async (copy: number): Promise<SqliteGlue> =>
  ((await import(/* @vite-ignore */ `/skills/sqlite-${copy}.js`)) as { default: SqliteGlue }).default;

benchOverhead({ wasm, glue }).then(
  (computed) => scope.postMessage(computed),
  (error: unknown) =>
    scope.postMessage({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
