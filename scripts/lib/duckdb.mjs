// duckdb's own WASM builds, fetched from npm and given to the instrumenter unchanged. They are too large to be skills, and
// that is the first thing they are told; so their declarations are tried too: the sections that come before any code, byte
// for byte as duckdb has them, are a small module whose imports say what the build wants.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSource } from './load-source.mjs';
import { Failure, must } from './run.mjs';

const PACKAGE = '@duckdb/duckdb-wasm@1.32.0';
const FILE = 'duckdb-duckdb-wasm-1.32.0.tgz';
const SHA256 = '13c29d80888b795cb493b281685d3d3e1738db2fad50d419e2884c6585789722';
const HEADER = 8;
const IMPORTS = 2;
/** An import of `env.memory`, up to its limits. */
const MEMORY = Buffer.from('\x03env\x06memory\x02', 'latin1');

/** What each build answers: as a whole, its declarations alone, the memory that it imports alone. */
const EXPECTED = {
  // Threads; and exceptions, which stand before the memory in its list of imports.
  'duckdb-coi': ['module-size', 'exceptions', 'shared-memory'],
  'duckdb-eh': ['module-size', 'exceptions', 'taken'],
  // Nothing that a skill may not, but its size.
  'duckdb-mvp': ['module-size', 'taken', 'taken'],
};

/** @throws {Failure} when a build is answered otherwise than expected */
export async function checkDuckdb() {
  /** @type {typeof import('../../src/skills/instrument')} */
  const { instrument } = await loadSource('src/skills/instrument/index.ts');
  const options = { memoryPages: 65_536, tableEntries: 10_000_000, floatImports: true };
  /** The rule that refuses a module. @param {Uint8Array} bytes */
  const answer = (bytes) => {
    try {
      instrument(bytes, options);
      return 'taken';
    } catch (error) {
      const rule = /** @type {{ details?: { rule?: unknown } }} */ (error).details?.rule;
      if (typeof rule !== 'string') throw error;
      return rule;
    }
  };
  const folder = mkdtempSync(join(tmpdir(), 'duckdb-'));
  try {
    await fetchPackage(folder);
    for (const [build, expected] of Object.entries(EXPECTED)) {
      const bytes = readFileSync(join(folder, 'package', 'dist', `${build}.wasm`));
      const answers = [bytes, declarationsOf(bytes), memoryOf(bytes)].map(answer);
      console.log(`${build}: whole ${answers[0]}, declarations ${answers[1]}, memory ${answers[2]}`);
      if (answers.join() !== expected.join()) throw new Failure(`${build}: expected ${expected.join(', ')}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} folder */
async function fetchPackage(folder) {
  await must('npm pack', ['npm', 'pack', PACKAGE, '--pack-destination', folder, '--silent']);
  const found = createHash('sha256')
    .update(readFileSync(join(folder, FILE)))
    .digest('hex');
  if (found !== SHA256) throw new Failure(`${PACKAGE} has the SHA-256 ${found}, and ${SHA256} is pinned`);
  await must('tar', ['tar', '-xzf', join(folder, FILE), '-C', folder]);
}

/** Up to the end of the imports. @param {Uint8Array} bytes */
const declarationsOf = (bytes) => bytes.subarray(0, importsOf(bytes).end);

/** A module of nothing but the memory import. @param {Buffer} bytes */
function memoryOf(bytes) {
  const { start, end } = importsOf(bytes);
  const at = bytes.indexOf(MEMORY, start);
  if (at < 0 || at >= end) throw new Failure('It imports no env.memory any more.');
  const limits = at + MEMORY.length;
  const hasMaximum = (bytes[limits] ?? 0) & 1;
  let next = readLeb(bytes, limits + 1).next;
  if (hasMaximum) ({ next } = readLeb(bytes, next));
  const entry = bytes.subarray(at, next);
  return Buffer.concat([bytes.subarray(0, HEADER), Buffer.of(IMPORTS, entry.length + 1, 1), entry]);
}

/** @param {Uint8Array} bytes @returns {{ start: number, end: number }} */
function importsOf(bytes) {
  for (let at = HEADER; at < bytes.length;) {
    const { value, next } = readLeb(bytes, at + 1);
    if (bytes[at] === IMPORTS) return { start: next, end: next + value };
    at = next + value;
  }
  throw new Failure('It has no imports any more.');
}

/** An unsigned LEB128 number. @param {Uint8Array} bytes @param {number} at @returns {{ value: number, next: number }} */
function readLeb(bytes, at) {
  let value = 0;
  for (let next = at, scale = 1; ; scale *= 128) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next };
  }
}
