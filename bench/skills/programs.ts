/** What is measured: kernels of bench/kernels, and two interpreters from npm over their own modules. */
import { utf8 } from '../../src/crypto';
import { abiOf } from '../../src/skills/abi';
import { Host } from '../../src/skills/abi/host';
import { GuestMemory } from '../../src/skills/abi/memory';
import type { Exports } from '../../src/skills/abi/types';
import { fullLimits } from '../../src/protocol/run-limits';

interface Database {
  run(sql: string): void;
  exec(sql: string): { values: unknown[][] }[];
  close(): void;
}
export type SqliteGlue = (options: object) => Promise<{ Database: new () => Database }>;

/** Where a realm finds what scripts/lib/skill-bench.mjs has made. */
export interface BenchFiles {
  wasm(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A copy of sql.js's glue of its own: each remembers its first instance. */
  glue(copy: number): Promise<SqliteGlue>;
}

export interface Program {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** An instance of the plain or of a metered module; each call does the same work and answers the same. */
  open: (module: WebAssembly.Module, copy: number) => Promise<() => unknown>;
}

/** Rounds a call, so that it takes some 20 ms. */
const KERNELS = { sha256: 3, nbody: 150, matmul: 10, fannkuch: 1, json: 15, fib: 20, mix: 6, 'fib-naive': 20 };

export async function programs(files: BenchFiles): Promise<Program[]> {
  const kernels = Object.entries(KERNELS).map(async ([name, rounds]) => ({
    name,
    bytes: await files.wasm(name),
    open: (module: WebAssembly.Module) => {
      const { exports } = new WebAssembly.Instance(module);
      // A metered module's start function is called by its host.
      (exports['__sovereign_start'] as (() => void) | undefined)?.();
      return Promise.resolve(() => (exports['run'] as (rounds: number) => number)(rounds));
    },
  }));
  return [
    ...(await Promise.all(kernels)),
    { name: 'quickjs', bytes: await files.wasm('quickjs'), open: openQuickJs },
    { name: 'sqlite', bytes: await files.wasm('sqlite'), open: (module, copy) => openSqlite(module, files.glue(copy)) },
  ];
}

const SCRIPT = `const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
const words = {};
for (let i = 0; i < 4000; i++) { const w = 'w' + (i * 7919 % 97); words[w] = (words[w] ?? 0) + Math.sqrt(i); }
[fib(17), JSON.stringify(words).length, [...Array(3000).keys()].sort((a, b) => (a * 31 % 97) - (b * 31 % 97)).length]`;

/** A fresh interpreter each call, as a skill's run has it. */
function openQuickJs(module: WebAssembly.Module): Promise<() => unknown> {
  const limits = fullLimits({ memoryPages: 1_024, wallMs: 1, outputBytes: 65_536 });
  const job = { limits, grants: [], args: [], seed: '00'.repeat(32), now: 0, calls: undefined };
  const input = utf8(JSON.stringify({ script: SCRIPT }));
  const once = (): string => {
    const host = new Host({ ...job, link: { progress: () => undefined } });
    const session = abiOf('quickjs').open({ host, memory: new GuestMemory(), entry: undefined, input, files: {} });
    const { exports } = new WebAssembly.Instance(module, session.functions);
    return session.run(exports as Exports).join();
  };
  return Promise.resolve(once);
}

const FILL = `CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, x REAL); CREATE INDEX by_word ON t (word);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
  INSERT INTO t SELECT i, 'w' || (i * 7919 % 997), i / 8.0 FROM n`;
const QUERY = `SELECT word, count(*), sum(x), max(id) FROM t WHERE word LIKE 'w1%' GROUP BY word ORDER BY sum(x) DESC LIMIT 5`;

async function openSqlite(module: WebAssembly.Module, glue: Promise<SqliteGlue>): Promise<() => unknown> {
  const init = await glue;
  const { Database } = await init({
    instantiateWasm: (imports: WebAssembly.Imports, ready: (made: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(module, imports);
      ready(instance);
      return instance.exports;
    },
  });
  return () => {
    const db = new Database();
    db.run(FILL);
    const rows = db.exec(QUERY);
    db.close();
    return JSON.stringify(rows);
  };
}
