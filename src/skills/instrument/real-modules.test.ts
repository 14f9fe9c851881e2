/** Programs that others built, driven by their own glue or host, metered: they do what they did, and use equal gas. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fromUtf8, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { wat } from '../abi/testing/wat';
import { requestFor, runHere } from '../testkit';
import { openSqlite } from '../testing/sqlite';
import { instrument, METERING_EXPORTS } from './index';

const require = createRequire(import.meta.url);
const options = { memoryPages: 1_024, tableEntries: LIMITS.skillTableEntries };
const LIMIT = 1n << 50n;

describe('SQLite, as sql.js has it on npm', () => {
  const bytes = readFileSync(require.resolve('sql.js/dist/sql-wasm.wasm'));

  // The glue names a database by chance and tells the time: names of unequal length cost unequal gas.
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 0, 1));
    vi.spyOn(performance, 'now').mockReturnValue(0);
  });
  afterEach(() => vi.restoreAllMocks());

  async function query(wasm: Uint8Array<ArrayBuffer>): Promise<{ rows: unknown; gas: bigint | undefined }> {
    const { Database, exports } = await openSqlite(new WebAssembly.Module(wasm));
    const gas = exports[METERING_EXPORTS.gas] as WebAssembly.Global | undefined;
    const db = new Database();
    db.run('CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, x REAL); CREATE INDEX by_word ON t (word)');
    db.run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO t SELECT i, 'w' || (i * 7919 % 100), i / 8.0 FROM n`);
    const rows = db.exec(`SELECT word, count(*), sum(x), group_concat(id) FROM t
      WHERE word BETWEEN 'w10' AND 'w12' GROUP BY word HAVING count(*) > 5 ORDER BY sum(x) DESC LIMIT 3`);
    expect(() => db.exec('SELECT missing')).toThrow('no such column: missing');
    db.close();
    return { rows, gas: gas && LIMIT - (gas.value as bigint) };
  }

  test('answers queries as the original does, and both runs and both modes use equal gas', async () => {
    const plain = await query(Uint8Array.from(bytes));
    const metered = (mode: 'fast' | 'reference') =>
      query(instrument(bytes, { ...options, mode, floatImports: true, initialGas: LIMIT }).wasm);
    const [first, again, reference] = [await metered('fast'), await metered('fast'), await metered('reference')];
    expect(first.rows).toEqual(plain.rows);
    expect(first.rows).toMatchObject([{ columns: ['word', 'count(*)', 'sum(x)', 'group_concat(id)'] }]);
    expect(first.gas).toBeGreaterThan(1_000_000n);
    expect(again).toEqual(first);
    expect(reference).toEqual(first);
  });
});

describe('C, by Debian’s clang and wasi-libc', () => {
  const clang = ['clang', 'wasm-ld'].every((tool) => has(tool));
  const SOURCE = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
int main(int argc, char **argv) {
  static char text[65536];
  char *lines[1024];
  int count = 0;
  size_t length = fread(text, 1, sizeof text - 1, stdin);
  for (char *line = strtok(text, "\\n"); line && count < 1024; line = strtok(NULL, "\\n")) lines[count++] = line;
  qsort(lines, count, sizeof *lines, by_text);
  for (int i = 0; i < count; i++) printf("%s\\n", lines[i]);
  FILE *file = fopen(argv[1], "r");
  char word[32] = "";
  if (file) fscanf(file, "%31s", word);
  printf("%d lines, %zu bytes, %.3f, %s, %ld\\n", count, length, 1.0 / 3, word, (long)time(NULL));
  return argc == 2 ? 0 : 3;
}
`;

  const sorts = (): void => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-c-'));
    try {
      writeFileSync(join(folder, 'sort.c'), SOURCE);
      const out = join(folder, 'sort.wasm');
      const object = join(folder, 'sort.o');
      execFileSync('clang', ['--target=wasm32-wasi', '-O2', '-c', join(folder, 'sort.c'), '-o', object]);
      execFileSync('clang', ['--target=wasm32-wasi', object, '-o', out]);
      const request = requestFor(readFileSync(out), {
        abi: 'wasi',
        args: ['word.txt'],
        files: { 'word.txt': utf8('kept here') },
        input: utf8('pear\napple\nfig\n'),
      });
      const [first, again] = [runHere(request), runHere(request)].map(({ ms: _, ...rest }) => rest);
      expect(again).toEqual(first);
      const seconds = Date.UTC(2026, 0, 1) / 1000;
      expect(first!.kind === 'ok' ? fromUtf8(first!.output) : first).toBe(
        `apple\nfig\npear\n3 lines, 15 bytes, 0.333, kept, ${seconds}\n`,
      );
      expect(runHere({ ...request, args: ['none', 'more'] })).toMatchObject({
        kind: 'exit',
        message: 'it ended with status 3',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  // Compilers are not everybody's: the name of the test says whether it ran.
  if (clang) test('a program sorts its input, reads a file and tells the time of its order', sorts);
  else
    test('did not run: there is no clang with wasm-ld on this machine', () => {
      expect(has('clang') && has('wasm-ld')).toBe(false);
    });
});

test('a threaded build, as duckdb’s, is refused by name: it wants a shared memory', () => {
  const threaded = wat('(module (import "env" "memory" (memory 256 4096 shared)))', { threads: true });
  expect(() => instrument(threaded, options)).toThrow(
    expect.objectContaining({
      code: 'unsupported_feature',
      details: expect.objectContaining({ rule: 'shared-memory' }) as object,
    }) as Error,
  );
});

function has(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
