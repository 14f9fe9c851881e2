/**
 * Reads a module's declarations by hand before any engine sees the bytes. Guarantee: for any input it returns or throws
 * SkillError, in time and memory linear in the input. Not its job: function bodies and constant expressions, which
 * `WebAssembly.validate` checks afterwards.
 */
import { LIMITS } from '../protocol/limits';
import { ModuleReader, invalid } from './reader';
import { SkillError } from './types';

export type ExternKind = 'function' | 'table' | 'memory' | 'global';
const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global'];

/** Size limits of a memory (64 KiB pages) or a table (entries), and where they stand: bytes `start` to `end`. */
export interface SizeLimits {
  min: number;
  max: number | undefined;
  start: number;
  end: number;
}
export interface ModuleInfo {
  bytes: number;
  /** `name` is `module.name`, as grants spell it. */
  imports: { name: string; kind: ExternKind; offset: number }[];
  exports: { name: string; kind: ExternKind; index: number; offset: number }[];
  /** Memories and tables that the module defines itself. */
  memories: SizeLimits[];
  tables: SizeLimits[];
  /** Signature of each function, imported ones first, e.g. `(i32,i32)->i64`. */
  functions: string[];
  /** `header` is the offset of the section's id, `start` to `end` its contents. */
  sections: { id: number; header: number; start: number; end: number }[];
}

const SECTION = { type: 1, import: 2, function: 3, table: 4, memory: 5, export: 7, data: 11, dataCount: 12 } as const;
/** The order in which sections must come: data count stands between elements and code. */
const RANK = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10];
const VALUE_TYPES: Readonly<Record<number, string>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
  0x70: 'funcref',
  0x6f: 'externref',
};

/**
 * @throws SkillError `not_wasm` (no WebAssembly magic, or another version) or `invalid_module`; `details.offset` is the
 *   byte that is wrong.
 */
export function inspectModule(bytes: Uint8Array): ModuleInfo {
  if (bytes.length > LIMITS.skillBytes)
    throw invalid(`it is larger than ${LIMITS.skillBytes} bytes`, LIMITS.skillBytes);
  checkMagic(bytes);
  const info: ModuleInfo = {
    bytes: bytes.length,
    imports: [],
    exports: [],
    memories: [],
    tables: [],
    functions: [],
    sections: [],
  };
  const types: string[] = [];
  const reader = new ModuleReader(bytes, 8);
  let rank = 0;
  while (!reader.done) {
    const header = reader.at;
    const id = reader.u8('a section');
    const size = reader.u32('a section’s size');
    const start = reader.at;
    reader.skip(size, `section ${id}`);
    const place = RANK[id];
    if (place === undefined) throw invalid(`section ${id} is of a kind that is not supported`, header);
    if (id !== 0 && place <= rank) throw invalid(`section ${id} is out of order or there twice`, header);
    rank = Math.max(rank, place);
    info.sections.push({ id, header, start, end: reader.at });
    readSection(id, new ModuleReader(bytes, start, reader.at), types, info);
  }
  return info;
}

function checkMagic(bytes: Uint8Array): void {
  const expected = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const offset = expected.findIndex((byte, i) => bytes[i] !== byte);
  if (offset === -1) return;
  const what = offset < 4 ? 'it does not start with “\\0asm”' : 'it is of another version than 1';
  throw new SkillError('not_wasm', `This is not a WebAssembly module: ${what}.`, {
    advice: 'Pick the .wasm file that the skill’s compiler wrote.',
    details: { offset },
  });
}

function readSection(id: number, section: ModuleReader, types: string[], info: ModuleInfo): void {
  const each = (what: string, read: () => void): void => {
    const count = section.count(what);
    for (let i = 0; i < count; i++) read();
    if (!section.done) throw invalid(`the section of ${what} holds more than it says`, section.at);
  };
  switch (id) {
    case SECTION.type:
      return each('types', () => types.push(readFunctionType(section)));
    case SECTION.import:
      return each('imports', () => readImport(section, types, info));
    case SECTION.function:
      return each('functions', () => info.functions.push(readTypeIndex(section, types)));
    case SECTION.table:
      return each('tables', () => info.tables.push(readTable(section)));
    case SECTION.memory:
      each('memories', () => info.memories.push(readLimits(section, 'memory')));
      if (info.memories.length > 1) throw invalid('more than one memory is not supported', section.at);
      return;
    case SECTION.export:
      return each('exports', () => readExport(section, info));
    default: // The engine checks the others.
  }
}

function readFunctionType(reader: ModuleReader): string {
  const offset = reader.at;
  if (reader.u8('a type') !== 0x60) throw invalid('a type is no plain function type', offset);
  const list = (what: string) => Array.from({ length: reader.count(what) }, () => readValueType(reader)).join(',');
  const parameters = list('parameters');
  const results = list('results');
  return `(${parameters})->${results.includes(',') || results === '' ? `(${results})` : results}`;
}

function readValueType(reader: ModuleReader): string {
  const offset = reader.at;
  const type = VALUE_TYPES[reader.u8('a value type')];
  if (type === undefined) throw invalid('a value type is not supported', offset);
  return type;
}

function readTypeIndex(reader: ModuleReader, types: readonly string[]): string {
  const offset = reader.at;
  const signature = types[reader.u32('a type index')];
  if (signature === undefined) throw invalid('a function has a type that is not there', offset);
  return signature;
}

function readTable(reader: ModuleReader): SizeLimits {
  const offset = reader.at;
  const type = readValueType(reader);
  if (!type.endsWith('ref')) throw invalid('a table holds no references', offset);
  return readLimits(reader, 'table');
}

/** Flags beyond "has a maximum" mean shared, 64-bit or other page sizes: none is a skill's business. */
function readLimits(reader: ModuleReader, what: string): SizeLimits {
  const start = reader.at;
  const flags = reader.u8(`a ${what}’s limits`);
  if (flags > 1) throw invalid(`a shared or 64-bit ${what} is not supported`, start);
  const min = reader.u32(`a ${what}’s size`);
  const max = flags === 1 ? reader.u32(`a ${what}’s maximum`) : undefined;
  if (max !== undefined && max < min) throw invalid(`a ${what}’s maximum is below its size`, start);
  return { min, max, start, end: reader.at };
}

function readKind(reader: ModuleReader): ExternKind {
  const offset = reader.at;
  const kind = KINDS[reader.u8('an external kind')];
  if (kind === undefined) throw invalid('an import or export is of a kind that is not supported', offset);
  return kind;
}

function readImport(reader: ModuleReader, types: readonly string[], info: ModuleInfo): void {
  const offset = reader.at;
  const name = `${reader.name('an import’s module')}.${reader.name('an import’s name')}`;
  const kind = readKind(reader);
  if (kind === 'function') info.functions.push(readTypeIndex(reader, types));
  else if (kind === 'table') readTable(reader);
  else if (kind === 'memory') readLimits(reader, 'memory');
  else {
    readValueType(reader);
    reader.u8('a global’s mutability');
  }
  info.imports.push({ name, kind, offset });
}

function readExport(reader: ModuleReader, info: ModuleInfo): void {
  const offset = reader.at;
  const name = reader.name('an export’s name');
  const kind = readKind(reader);
  info.exports.push({ name, kind, index: reader.u32('an export’s index'), offset });
}
