/** The contents of each section but code: what it declares, and that it ends where it says. */
import { LIMITS } from '../../protocol/limits';
import { SECTION, type ExternKind, type FunctionType, type ParsedModule, type ReadSection } from './module';
import type { ModuleReader } from './reader';
import { invalid, overCap, unsupported } from './refuse';
import { constantExpression, functionType, referenceType, sizeLimits, valueType } from './values';

const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global'];
/** Exports and imports of this prefix are the instrumenter's own. */
export const RESERVED = '__sovereign_';

type Counted = Parameters<typeof overCap>[0];

function each(reader: ModuleReader, rule: Counted, cap: number, what: string, read: (index: number) => void): void {
  const offset = reader.at;
  const count = reader.u32(`the number of ${what}`);
  if (count > cap) throw overCap(rule, count, cap, what, offset);
  reader.at = offset;
  reader.count(what);
  for (let i = 0; i < count; i++) read(i);
}

export const READ: Readonly<Record<number, ReadSection>> = {
  [SECTION.type]: (section, module) =>
    each(section, 'types', LIMITS.skillTypes, 'types', () => module.types.push(functionType(section))),
  [SECTION.import]: (section, module) =>
    each(section, 'imports', LIMITS.skillImports, 'imports', () => readImport(section, module)),
  [SECTION.function]: (section, module) =>
    each(section, 'functions', LIMITS.skillFunctions, 'functions', () =>
      addFunction(module, functionOf(section, module)),
    ),
  [SECTION.table]: (section, module) =>
    each(section, 'tables', LIMITS.skillTables, 'tables', () => {
      const table = readTable(section);
      module.tables.push(table);
      module.info.tables.push(table.limits);
    }),
  [SECTION.memory]: (section, module) =>
    each(section, 'memory', LIMITS.skillTables, 'memories', () => {
      const limits = readMemory(section, module);
      module.info.memories.push(limits);
    }),
  [SECTION.global]: (section, module) =>
    each(section, 'globals', LIMITS.skillGlobals, 'globals', () => {
      readGlobal(section, module);
      constantExpression(section);
    }),
  [SECTION.export]: (section, module) =>
    each(section, 'exports', LIMITS.skillExports, 'exports', () => readExport(section, module)),
  [SECTION.start]: (section, module) => {
    module.start = indexBelow(section, module.functions.length, 'start function');
    module.info.hasStart = true;
  },
  [SECTION.element]: (section) =>
    each(section, 'segments', LIMITS.skillSegments, 'element segments', () => readElement(section)),
  [SECTION.dataCount]: (section) => {
    section.u32('the number of data segments');
  },
  [SECTION.data]: (section) =>
    each(section, 'segments', LIMITS.skillSegments, 'data segments', () => readData(section)),
};

function indexBelow(reader: ModuleReader, count: number, what: string): number {
  const offset = reader.at;
  const index = reader.u32(`a ${what}’s index`);
  if (index >= count) throw invalid(`there is no ${what} ${index}`, offset, 'index');
  return index;
}

function functionOf(reader: ModuleReader, module: ParsedModule): FunctionType {
  return module.types[indexBelow(reader, module.types.length, 'type')]!;
}

function addFunction(module: ParsedModule, type: FunctionType): void {
  module.functions.push(type);
  module.info.functions.push(type.text);
}

function readTable(reader: ModuleReader): ParsedModule['tables'][number] {
  if (reader.bytes[reader.at] === 0x40) throw unsupported('gc', 'a table with an initial value', reader.at);
  return { type: referenceType(reader), limits: sizeLimits(reader, 'table') };
}

function readMemory(reader: ModuleReader, module: ParsedModule) {
  const limits = sizeLimits(reader, 'memory');
  if (module.memory) throw unsupported('multi-memory', 'more than one memory', limits.start);
  module.memory = limits;
  return limits;
}

function readGlobal(reader: ModuleReader, module: ParsedModule): void {
  module.globals.push(valueType(reader));
  const offset = reader.at;
  const mutability = reader.u8('a global’s mutability');
  if (mutability & 2) throw unsupported('threads', 'a shared global', offset);
  if (mutability > 1) throw invalid('a global is neither mutable nor constant', offset);
}

function notReserved(name: string, offset: number): void {
  if (name.startsWith(RESERVED)) throw unsupported('reserved-name', `the name “${name.slice(0, 64)}”`, offset);
}

function readImport(reader: ModuleReader, module: ParsedModule): void {
  const { info } = module;
  const offset = reader.at;
  const from = reader.name('an import’s module');
  const field = reader.name('an import’s name');
  notReserved(from, offset);
  notReserved(field, offset);
  const kindAt = reader.at;
  const code = reader.u8('an external kind');
  if (code === 4) throw unsupported('exceptions', 'an exception tag', kindAt);
  const kind = KINDS[code];
  const name = `${from}.${field}`;
  switch (kind) {
    case 'function': {
      const type = functionOf(reader, module);
      addFunction(module, type);
      module.importedFunctions += 1;
      info.imports.push({ name, kind, offset, signature: type.text });
      return;
    }
    case 'table':
      module.tables.push(readTable(reader));
      module.importedTables += 1;
      break;
    case 'memory':
      readMemory(reader, module);
      module.importedMemory = true;
      break;
    case 'global':
      readGlobal(reader, module);
      module.importedGlobals += 1;
      break;
    default:
      throw invalid('an import is of a kind that does not exist', kindAt);
  }
  info.imports.push({ name, kind, offset });
}

function readExport(reader: ModuleReader, module: ParsedModule): void {
  const offset = reader.at;
  const name = reader.name('an export’s name');
  notReserved(name, offset);
  const kindAt = reader.at;
  const code = reader.u8('an external kind');
  if (code === 4) throw unsupported('exceptions', 'an exception tag', kindAt);
  const kind = KINDS[code];
  if (kind === undefined) throw invalid('an export is of a kind that does not exist', kindAt);
  module.info.exports.push({ name, kind, index: reader.u32('an export’s index'), offset });
}

/** Flags: 1 passive or declared, 2 has a table or is declared, 4 expressions in place of function indices. */
function readElement(reader: ModuleReader): void {
  const offset = reader.at;
  const flags = reader.u32('an element segment’s kind');
  if (flags > 7) throw invalid('an element segment is of a kind that does not exist', offset);
  if (!(flags & 1)) {
    if (flags & 2) reader.u32('a table’s index');
    constantExpression(reader);
  }
  const typed = (flags & 3) !== 0;
  if (typed && flags & 4) referenceType(reader);
  else if (typed && reader.u8('an element kind') !== 0)
    throw invalid('an element is of a kind that does not exist', reader.at - 1);
  const count = reader.count('elements');
  for (let i = 0; i < count; i++) {
    if (flags & 4) constantExpression(reader);
    else reader.u32('a function’s index');
  }
}

function readData(reader: ModuleReader): void {
  const offset = reader.at;
  const flags = reader.u32('a data segment’s kind');
  if (flags > 2) throw invalid('a data segment is of a kind that does not exist', offset);
  if (flags === 2) {
    const at = reader.at;
    if (reader.u32('a memory’s index') !== 0) throw unsupported('multi-memory', 'another memory than the first', at);
  }
  if (flags !== 1) constantExpression(reader);
  reader.skip(reader.u32('a data segment’s length'), 'a data segment');
}
