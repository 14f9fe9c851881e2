/** Puts the metered module together: sections in their order, each copied, changed or appended to. */
import { LIMITS } from '../../protocol/limits';
import { SkillError } from '../types';
import { Appended } from './appended';
import { Body } from './body';
import { Emitter } from './emit';
import type { MeteringOptions } from './index';
import { step } from './instructions';
import { I32, I64, SECTION, type ParsedModule, type SizeLimits } from './module';
import { ModuleReader } from './reader';
import { invalid, overCap } from './refuse';
import { RESERVED } from './sections';
import { Writer } from './writer';

const ORDER = [1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11] as const;
const MUTABLE = 1;

export class Rewriter {
  private readonly bytes: Uint8Array;
  private readonly module: ParsedModule;
  private readonly options: MeteringOptions;
  private readonly appended: Appended;

  constructor(bytes: Uint8Array, module: ParsedModule, options: MeteringOptions) {
    this.bytes = bytes;
    this.module = module;
    this.options = options;
    this.appended = new Appended(module, options);
  }

  rewrite(): Uint8Array<ArrayBuffer> {
    this.checkSizes();
    // First, since it finds out which types and functions have to be appended.
    const code = this.code();
    const out = new Writer(this.bytes.length + code.length + 512);
    out.span(this.bytes, 0, 8);
    for (const id of ORDER) {
      if (id === SECTION.code) this.codeSection(out, code);
      else this.section(out, id);
    }
    return out.bytes.slice(0, out.length);
  }

  private checkSizes(): void {
    const { module, options } = this;
    const { memory } = module;
    if (memory && memory.min > options.memoryPages)
      throw new SkillError(
        'memory_over_limit',
        `The skill wants ${memory.min} pages of memory and may have ${options.memoryPages}.`,
        {
          advice: 'Give it more memory, or build it with less.',
          details: { rule: 'memory', offset: memory.start, wanted: memory.min, limit: options.memoryPages },
        },
      );
    for (const { limits } of module.tables)
      if (limits.min > options.tableEntries)
        throw overCap('table', limits.min, options.tableEntries, 'entries in a table', limits.start);
  }

  private find(id: number): { start: number; end: number } | undefined {
    return this.module.info.sections.find((section) => section.id === id);
  }

  private section(out: Writer, id: (typeof ORDER)[number]): void {
    const { appended, module } = this;
    switch (id) {
      case SECTION.type:
        return this.extended(out, id, appended.types.length, (to) => this.newTypes(to));
      case SECTION.function:
        return this.extended(out, id, appended.functions.length, (to) => {
          for (const { type } of appended.functions) to.u32(type);
        });
      case SECTION.table:
        return this.bounded(out, id, module.info.tables, this.options.tableEntries);
      case SECTION.memory:
        return this.bounded(out, id, module.info.memories, this.options.memoryPages);
      case SECTION.global:
        return this.extended(out, id, 3, (to) => this.newGlobals(to));
      case SECTION.export:
        return this.extended(out, id, module.start === undefined ? 3 : 4, (to) => this.newExports(to));
      default:
        return this.extended(out, id, 0, () => undefined);
    }
  }

  /** Copies a section that is a vector, and appends to it. */
  private extended(out: Writer, id: number, more: number, append: (to: Writer) => void): void {
    const found = this.find(id);
    if (!found && more === 0) return;
    if (found && (more === 0 || id === SECTION.dataCount)) {
      out.u8(id);
      out.u32(found.end - found.start);
      return out.span(this.bytes, found.start, found.end);
    }
    out.section(id, (to) => {
      const reader = new ModuleReader(this.bytes, found?.start ?? 0, found?.end ?? 0);
      to.u32((found ? reader.u32('a count') : 0) + more);
      to.span(this.bytes, reader.at, reader.end);
      append(to);
    });
  }

  private newTypes(to: Writer): void {
    for (const { params, results } of this.appended.types) {
      to.u8(0x60);
      for (const list of [params, results]) {
        to.u32(list.length);
        for (const type of list) to.u8(type);
      }
    }
  }

  private newGlobals(to: Writer): void {
    to.u8(I64, MUTABLE, 0x42);
    to.s64(this.options.initialGas ?? 0n);
    to.u8(0x0b, I32, MUTABLE, 0x41);
    to.s32(LIMITS.skillStackBytes);
    to.u8(0x0b, I32, MUTABLE, 0x41, 0, 0x0b);
  }

  private newExports(to: Writer): void {
    const { appended, module } = this;
    const global = 3;
    for (const [name, index] of [
      ['gas', appended.gas],
      ['stack', appended.stack],
      ['why', appended.why],
    ] as const) {
      to.name(RESERVED + name);
      to.op(global, index);
    }
    if (module.start === undefined) return;
    to.name(`${RESERVED}start`);
    to.op(0, module.start);
  }

  /** Copies a section of tables or memories with a maximum put on each. */
  private bounded(out: Writer, id: number, sizes: readonly SizeLimits[], cap: number): void {
    const found = this.find(id);
    if (!found) return;
    out.section(id, (to) => {
      let copied = found.start;
      for (const { min, max, start, end } of sizes) {
        to.span(this.bytes, copied, start);
        to.u8(1);
        to.u32(min);
        to.u32(Math.min(max ?? cap, cap));
        copied = end;
      }
      to.span(this.bytes, copied, found.end);
    });
  }

  /** The bodies of the module's own functions, each with its length before it. */
  private code(): Writer {
    const { bytes, module } = this;
    const found = this.find(SECTION.code);
    const declared = module.functions.length - module.importedFunctions;
    const out = new Writer(found ? (found.end - found.start) * 2 + 256 : 0);
    const reader = new ModuleReader(bytes, found?.start ?? 0, found?.end ?? 0);
    const offset = reader.at;
    const count = found ? reader.count('function bodies') : 0;
    if (count !== declared) throw invalid(`${declared} functions have ${count} bodies`, offset, 'count');
    const body = new Body(bytes, module);
    const text = new Writer(1024);
    const emitter = new Emitter(bytes, text, this.appended, this.options);
    for (let i = module.importedFunctions; i < module.functions.length; i++) {
      const start = bodyStart(reader);
      const type = module.functions[i]!;
      body.begin(start, reader.at, type);
      while (body.control.depth > 0) step(body);
      if (!body.reader.done) throw invalid('a function goes on after its end', body.reader.at, 'section-size');
      text.length = 0;
      emitter.emit(body.finish(), start, type);
      out.u32(text.length);
      out.span(text.bytes, 0, text.length);
    }
    if (!reader.done) throw invalid('section 10 holds more than it says', reader.at, 'section-size');
    return out;
  }

  private codeSection(out: Writer, code: Writer): void {
    const { module, appended } = this;
    const count = module.functions.length - module.importedFunctions + appended.functions.length;
    if (count === 0) return;
    out.section(SECTION.code, (to) => {
      to.u32(count);
      to.span(code.bytes, 0, code.length);
      for (const { body } of appended.functions) {
        to.u32(body.length);
        to.span(body.bytes, 0, body.length);
      }
    });
  }
}

/** Moves on to the end of a body, and says where it starts. */
function bodyStart(reader: ModuleReader): number {
  const offset = reader.at;
  const size = reader.u32('a function’s size');
  if (size > LIMITS.skillFunctionBytes)
    throw overCap('function-size', size, LIMITS.skillFunctionBytes, 'bytes in one function', offset);
  const start = reader.at;
  reader.skip(size, 'a function');
  return start;
}
