/** The contents of each section but code: what it declares, and that it ends where it says. */
import { LIMITS } from '../../protocol/limits';
import {
  RESERVED,
  type ExternKind,
  type FunctionType,
  type ModuleInfo,
  type ParsedModule,
  type SizeLimits,
} from './module';
import * as SECTION from './section-ids';
import type { ModuleReader } from './reader';
import { checkIndex, invalid, malformed, overCap, unsupported } from './refuse';
import { constantExpression, functionType, referenceType, sizeLimits, valueType, zero } from './values';

const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global'];

type Read = (section: ModuleReader, module: ParsedModule) => void;

/** The sections that are vectors: the rule of their cap, the cap, and what reads one element. */
const VECTORS: Readonly<Record<number, readonly [Parameters<typeof overCap>[0], number, Read]>> = {
  [SECTION.types]: ['types', LIMITS.skillTypes, (section, { types }) => types.push(functionType(section))],
  [SECTION.imports]: ['imports', LIMITS.skillImports, readImport],
  [SECTION.functions]: ['functions', LIMITS.skillFunctions, readFunction],
  [SECTION.tables]: [
    'tables',
    LIMITS.skillTables,
    (section, module) => module.info.tables.push(readTable(section, module)),
  ],
  [SECTION.memories]: [
    'memory',
    LIMITS.skillTables,
    (section, module) => module.info.memories.push(readMemory(section, module)),
  ],
  [SECTION.globals]: ['globals', LIMITS.skillGlobals, readOwnGlobal],
  [SECTION.exports]: ['exports', LIMITS.skillExports, readExport],
  [SECTION.elements]: ['segments', LIMITS.skillSegments, readElement],
  [SECTION.data]: ['segments', LIMITS.skillSegments, readData],
};

/** Reads a section up to its end. */
export function readSection(id: number, section: ModuleReader, module: ParsedModule): void {
  const vector = VECTORS[id];
  if (vector) {
    const [rule, cap, read] = vector;
    const offset = section.at;
    const count = section.u32();
    if (count > cap) throw overCap(rule, count, cap, offset);
    section.at = offset;
    section.count();
    for (let i = 0; i < count; i++) read(section, module);
  } else if (id === SECTION.start) {
    module.start = indexBelow(section, module.functions.length, 'function');
    module.exposed.add(module.start);
  } else if (id === SECTION.dataCount) section.u32();
  else return;
  if (!section.done) throw invalid('section-size', section.at);
}

function indexBelow(reader: ModuleReader, count: number, what: string): number {
  const offset = reader.at;
  const index = reader.u32();
  checkIndex(what, index, count, offset);
  return index;
}

function readFunction(reader: ModuleReader, module: ParsedModule): FunctionType {
  const type = module.types[indexBelow(reader, module.types.length, 'type')]!;
  module.functions.push(type);
  module.info.functions.push(type.text);
  return type;
}

function readTable(reader: ModuleReader, module: ParsedModule): SizeLimits {
  if (reader.bytes[reader.at] === 0x40) throw unsupported('gc', reader.at);
  const type = referenceType(reader);
  const limits = sizeLimits(reader);
  module.tables.push({ type, limits });
  return limits;
}

function readMemory(reader: ModuleReader, module: ParsedModule): SizeLimits {
  const limits = sizeLimits(reader);
  if (module.memory) throw unsupported('multi-memory', limits.start);
  module.memory = limits;
  return limits;
}

function readGlobal(reader: ModuleReader, module: ParsedModule): void {
  module.globals.push(valueType(reader));
  const offset = reader.at;
  const mutability = reader.u8();
  if (mutability & 2) throw unsupported('threads', offset);
  if (mutability > 1) throw malformed(offset);
}

/** A name that is not the instrumenter’s own. */
function notReserved(reader: ModuleReader, offset: number): string {
  const name = reader.name();
  if (name.startsWith(RESERVED)) throw unsupported('reserved-name', offset, `the name ${name.slice(0, 64)}`);
  return name;
}

function readOwnGlobal(reader: ModuleReader, module: ParsedModule): void {
  readGlobal(reader, module);
  constantExpression(reader, module);
}

function readKind(reader: ModuleReader): ExternKind {
  const offset = reader.at;
  const code = reader.u8();
  if (code === 4) throw unsupported('exceptions', offset);
  const kind = KINDS[code];
  if (!kind) throw malformed(offset);
  return kind;
}

const IMPORT: Readonly<Record<ExternKind, Read>> = {
  function: readFunction,
  table: readTable,
  memory: readMemory,
  global: readGlobal,
};

function readImport(reader: ModuleReader, module: ParsedModule): void {
  const offset = reader.at;
  const from = notReserved(reader, offset);
  const name = `${from}.${notReserved(reader, offset)}`;
  const kind = readKind(reader);
  IMPORT[kind](reader, module);
  module.importedGlobals = module.globals.length;
  const found: ModuleInfo['imports'][number] = { name, kind, offset };
  if (kind === 'function') found.signature = module.functions[module.importedFunctions++]!.text;
  module.info.imports.push(found);
}

function readExport(reader: ModuleReader, module: ParsedModule): void {
  const offset = reader.at;
  const name = notReserved(reader, offset);
  const kind = readKind(reader);
  const index = reader.u32();
  if (kind === 'function') module.exposed.add(index);
  module.info.exports.push({ name, kind, index, offset });
}

/** Flags: 1 passive or declared, 2 has a table or is declared, 4 expressions in place of function indices. */
function readElement(reader: ModuleReader, module: ParsedModule): void {
  const offset = reader.at;
  const flags = reader.u32();
  if (flags > 7) throw malformed(offset);
  if (!(flags & 1)) {
    if (flags & 2) reader.u32();
    constantExpression(reader, module);
  }
  const typed = (flags & 3) !== 0;
  if (typed && flags & 4) referenceType(reader);
  else if (typed && reader.u8() !== 0) throw malformed(reader.at - 1);
  const count = reader.count();
  for (let i = 0; i < count; i++) {
    if (flags & 4) constantExpression(reader, module);
    else module.exposed.add(reader.u32());
  }
}

function readData(reader: ModuleReader, module: ParsedModule): void {
  const offset = reader.at;
  const flags = reader.u32();
  if (flags > 2) throw malformed(offset);
  if (flags === 2) zero(reader);
  if (flags !== 1) constantExpression(reader, module);
  reader.skip(reader.u32());
}
