/** What is appended to a module: types, functions and globals. Nothing of the module itself is renumbered. */
import type { MeteringOptions } from './index';
import { I32, type ParsedModule } from './module';
import { WEIGHTS } from './weights';
import { Writer } from './writer';

/** What `__sovereign_why` says. */
export const OUT_OF_GAS = 1;
const OUT_OF_STACK = 2;
const GROWTH_REFUSED = 3;

export class Appended {
  readonly gas: number;
  readonly stack: number;
  readonly why: number;
  readonly types: { params: readonly number[]; results: readonly number[] }[] = [];
  readonly functions: { type: number; body: Writer }[] = [];
  readonly #module: ParsedModule;
  readonly #options: MeteringOptions;
  readonly #helpers = new Map<string, number>();
  readonly #typeIndices = new Map<string, number>();

  constructor(module: ParsedModule, options: MeteringOptions) {
    this.#module = module;
    this.#options = options;
    this.gas = module.globals.length;
    this.stack = this.gas + 1;
    this.why = this.gas + 2;
  }

  /** Index of the type of a function, or of a block with many results. */
  type(params: readonly number[], results: readonly number[]): number {
    const key = `${params.join()}:${results.join()}`;
    let index = this.#typeIndices.get(key);
    if (index === undefined) {
      index = this.#module.types.length + this.types.length;
      this.types.push({ params, results });
      this.#typeIndices.set(key, index);
    }
    return index;
  }

  /** Index of the function that memory.grow is replaced by. */
  memoryGrow(): number {
    const max = Math.min(this.#module.memory?.max ?? Infinity, this.#options.memoryPages);
    return this.#grower('memory', [I32], max, WEIGHTS.memoryGrowPage, (code, delta) => {
      if (delta) code.op(0x20, 0);
      code.u8(delta ? 0x40 : 0x3f, 0);
    });
  }

  /** Index of the function that table.grow is replaced by. */
  tableGrow(index: number): number {
    const table = this.#module.tables[index]!;
    const max = Math.min(table.limits.max ?? Infinity, this.#options.tableEntries);
    return this.#grower(`table ${index}`, [table.type, I32], max, WEIGHTS.tableGrowEntry, (code, delta) => {
      if (delta) code.u8(0x20, 0, 0x20, 1);
      code.u8(0xfc);
      code.op(delta ? 15 : 16, index);
    });
  }

  /**
   * Beyond the maximum it is −1, free of charge; what is within is charged, and if the engine then refuses it, that is the
   * machine's fault and ends the run. The last parameter is how much.
   */
  #grower(
    key: string,
    params: readonly number[],
    max: number,
    weight: number,
    size: (code: Writer, delta: boolean) => void,
  ): number {
    return this.#helper(key, params, [I32], (code, delta) => {
      size(code, false);
      code.u8(0xad); // i64.extend_i32_u
      code.op(0x20, delta);
      code.u8(0xad, 0x7c, 0x42); // i64.extend_i32_u, i64.add, i64.const
      code.s32(max);
      code.u8(0x56, 0x04, 0x40, 0x41, 0x7f, 0x0f, 0x0b); // i64.gt_u, if, i32.const −1, return, end
      code.op(0x23, this.gas);
      code.op(0x20, delta);
      code.u8(0xad, 0x42); // i64.extend_i32_u, i64.const
      code.s32(weight);
      code.u8(0x7e, 0x7d); // i64.mul, i64.sub
      code.op(0x24, this.gas);
      code.op(0x23, this.gas);
      code.u8(0x42, 0, 0x53, 0x04, 0x40); // i64.const 0, i64.lt_s, if
      this.#trap(code, OUT_OF_GAS);
      code.u8(0x0b);
      size(code, true);
      code.op(0x22, delta); // local.tee: the answer, in place of how much
      code.u8(0x41, 0x7f, 0x46, 0x04, 0x40); // i32.const −1, i32.eq, if
      this.#trap(code, GROWTH_REFUSED);
      code.u8(0x0b);
      code.op(0x20, delta);
    });
  }

  /** Index of the function that ends the run, given what is left of the stack: that is why if it is below zero. */
  limit(): number {
    return this.#helper('limit', [I32], [], (code) => {
      code.u8(0x41, OUT_OF_STACK, 0x41, OUT_OF_GAS, 0x20, 0, 0x41, 0, 0x48, 0x1b); // the one if local 0 < 0, else the other
      code.op(0x24, this.why);
      code.u8(0);
    });
  }

  #helper(
    key: string,
    params: readonly number[],
    results: readonly number[],
    write: (code: Writer, last: number) => void,
  ): number {
    const known = this.#helpers.get(key);
    if (known !== undefined) return known;
    const body = new Writer(96);
    body.u8(0); // no locals
    write(body, params.length - 1);
    body.u8(0x0b);
    const index = this.#module.functions.length + this.functions.length;
    this.functions.push({ type: this.type(params, results), body });
    this.#helpers.set(key, index);
    return index;
  }

  #trap(code: Writer, why: number): void {
    code.u8(0x41, why);
    code.op(0x24, this.why);
    code.u8(0x00);
  }
}
