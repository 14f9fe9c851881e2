/** Puts the metered module together: sections in their order, each copied, changed or appended to. */
import { LIMITS } from '../../protocol/limits';
import * as SECTION from './section-ids';
import { Appended } from './appended';
import { Body } from './body';
import { Emitter } from './emit';
import type { MeteringOptions } from './index';
import { step } from './instructions';
import { I32, I64, METERING_EXPORTS, type ParsedModule, type SizeLimits } from './module';
import { ModuleReader } from './reader';
import { invalid, overCap } from './refuse';
import { Writer } from './writer';

const MUTABLE = 1;

export class Rewriter {
  readonly #bytes: Uint8Array;
  readonly #module: ParsedModule;
  readonly #options: MeteringOptions;
  readonly #appended: Appended;

  constructor(bytes: Uint8Array, module: ParsedModule, options: MeteringOptions) {
    this.#bytes = bytes;
    this.#module = module;
    this.#options = options;
    this.#appended = new Appended(module, options);
  }

  rewrite(): Uint8Array<ArrayBuffer> {
    this.#checkSizes();
    // First, since it finds out which types and functions have to be appended.
    let code = this.#code();
    // What takes a caller's place has to give back what that would, and only now is it known that there are such.
    if (this.#module.tailCalls) code = this.#code();
    const out = new Writer(this.#bytes.length + code.length + 512);
    out.span(this.#bytes, 0, 8);
    for (const id of SECTION.ORDER) {
      if (id === SECTION.code) this.#codeSection(out, code);
      else if (id !== 0 && id !== SECTION.start) this.#section(out, id);
    }
    return out.bytes.slice(0, out.length);
  }

  #checkSizes(): void {
    const module = this.#module;
    const options = this.#options;
    const { memory } = module;
    if (memory && memory.min > options.memoryPages)
      throw overCap('memory', memory.min, options.memoryPages, memory.start, 'memory_over_limit');
    for (const { limits } of module.tables)
      if (limits.min > options.tableEntries) throw overCap('table', limits.min, options.tableEntries, limits.start);
  }

  /** At the section’s contents; done at once if there is no such section. */
  #reader(id: number): ModuleReader {
    const found = this.#module.info.sections.find((section) => section.id === id);
    return new ModuleReader(this.#bytes, found?.start ?? 0, found?.end ?? 0);
  }

  #section(out: Writer, id: number): void {
    const appended = this.#appended;
    const module = this.#module;
    switch (id) {
      case SECTION.types:
        return this.#extended(out, id, appended.types.length, (to) => this.#newTypes(to));
      case SECTION.functions:
        return this.#extended(out, id, appended.functions.length, (to) => {
          for (const { type } of appended.functions) to.u32(type);
        });
      case SECTION.tables:
        return this.#bounded(out, id, module.info.tables, this.#options.tableEntries);
      case SECTION.memories:
        return this.#bounded(out, id, module.info.memories, this.#options.memoryPages);
      case SECTION.globals:
        return this.#extended(out, id, 3, (to) => this.#newGlobals(to));
      case SECTION.exports:
        return this.#extended(out, id, module.start === undefined ? 3 : 4, (to) => this.#newExports(to));
      default:
        return this.#extended(out, id, 0);
    }
  }

  /** Copies a section that is a vector (or, of the data count, only a number), and appends to it. */
  #extended(out: Writer, id: number, more: number, append?: (to: Writer) => void): void {
    const reader = this.#reader(id);
    if (reader.done && more === 0) return;
    out.section(id, (to) => {
      to.u32((reader.done ? 0 : reader.u32()) + more);
      to.span(this.#bytes, reader.at, reader.end);
      append?.(to);
    });
  }

  #newTypes(to: Writer): void {
    for (const { params, results } of this.#appended.types) {
      to.u8(0x60);
      for (const list of [params, results]) {
        to.u32(list.length);
        for (const type of list) to.u8(type);
      }
    }
  }

  #newGlobals(to: Writer): void {
    to.u8(I64, MUTABLE, 0x42);
    to.s64(this.#options.initialGas ?? 0n);
    to.u8(0x0b, I32, MUTABLE, 0x41);
    to.s32(LIMITS.skillStackBytes);
    to.u8(0x0b, I32, MUTABLE, 0x41, 0, 0x0b);
  }

  #newExports(to: Writer): void {
    const appended = this.#appended;
    const module = this.#module;
    const global = 3;
    for (const [name, index] of [
      [METERING_EXPORTS.gas, appended.gas],
      [METERING_EXPORTS.stack, appended.stack],
      [METERING_EXPORTS.why, appended.why],
    ] as const) {
      to.name(name);
      to.op(global, index);
    }
    if (module.start === undefined) return;
    to.name(METERING_EXPORTS.start);
    to.op(0, module.start);
  }

  /** Copies a section of tables or memories with a maximum put on each. */
  #bounded(out: Writer, id: number, sizes: readonly SizeLimits[], cap: number): void {
    const reader = this.#reader(id);
    if (reader.done) return;
    out.section(id, (to) => {
      for (const { min, max, start, end } of sizes) {
        to.span(this.#bytes, reader.at, start);
        to.u8(1);
        to.u32(min);
        to.u32(Math.min(max ?? cap, cap));
        reader.at = end;
      }
      to.span(this.#bytes, reader.at, reader.end);
    });
  }

  /** The bodies of the module's own functions, each with its length before it. */
  #code(): Writer {
    const bytes = this.#bytes;
    const module = this.#module;
    const reader = this.#reader(SECTION.code);
    const declared = module.functions.length - module.importedFunctions;
    const out = new Writer((reader.end - reader.at) * 2 + 256);
    const offset = reader.at;
    const count = reader.done ? 0 : reader.count();
    if (count !== declared) throw invalid('count', offset);
    const body = new Body(bytes, module);
    const text = new Writer(1024);
    const emitter = new Emitter(bytes, text, this.#appended, this.#options);
    for (let i = module.importedFunctions; i < module.functions.length; i++) {
      const start = bodyStart(reader);
      const type = module.functions[i]!;
      body.begin(start, reader.at, type);
      while (body.control.depth > 0) step(body);
      if (!body.reader.done) throw invalid('section-size', body.reader.at);
      text.length = 0;
      emitter.emit(body.finish(), type, module.exposed.has(i) || module.tailCalls);
      if (text.length > LIMITS.skillMeteredBytes)
        throw overCap('function-size', text.length, LIMITS.skillMeteredBytes, start);
      out.u32(text.length);
      out.span(text.bytes, 0, text.length);
    }
    if (!reader.done) throw invalid('section-size', reader.at);
    return out;
  }

  #codeSection(out: Writer, code: Writer): void {
    const module = this.#module;
    const appended = this.#appended;
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
  const size = reader.u32();
  if (size > LIMITS.skillFunctionBytes) throw overCap('function-size', size, LIMITS.skillFunctionBytes, offset);
  const start = reader.at;
  reader.skip(size);
  return start;
}
