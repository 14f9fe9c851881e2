/**
 * Writes one function body anew after its plan. Gas is kept in a local while the function has loops or many more blocks
 * than calls, and stored around calls. Bodies that check or have an end of their own stand inside two blocks:
 *
 *     block $limit
 *       <entry: count the frame, charge the first block, check both>
 *       block $end (results) <the body; its returns are branches to $end> end
 *       <store gas, give the frame back> return
 *     end
 *     <store gas, say why> unreachable
 *
 * The reference mode differs in three things: gas is never kept in a local, each charge is checked, and every NaN is made
 * canonical where it is made.
 */
import * as EVENT from './events';
import { type Appended, OUT_OF_GAS, OUT_OF_STACK } from './appended';
import { Canonical } from './canonical';
import type { MeteringOptions } from './index';
import { I32, I64, type FunctionType } from './module';
import { type Plan } from './plan';
import type { Writer } from './writer';

export class Emitter {
  readonly #source: Uint8Array;
  readonly #out: Writer;
  readonly #appended: Appended;
  readonly #reference: boolean;
  readonly #gasOnly: boolean;
  readonly #canonical: Canonical;
  #plan!: Plan;
  /** Locals that are added, or −1: gas (or its value at entry), the stack that is left, how much of a bulk operation. */
  #gasLocal = -1;
  #stackLocal = -1;
  #amountLocal = -1;
  #cached = false;
  #wrapped = false;
  #copied = 0;

  constructor(source: Uint8Array, out: Writer, appended: Appended, options: MeteringOptions) {
    this.#source = source;
    this.#out = out;
    this.#appended = appended;
    this.#reference = options.mode === 'reference';
    this.#gasOnly = options.gasOnly ?? false;
    this.#canonical = new Canonical(out, this.#reference);
  }

  emit(plan: Plan, type: FunctionType): void {
    this.#plan = plan;
    // A local pays where charges are many, next to the calls around which it is stored and read back.
    this.#cached = !this.#reference && (plan.hasLoop || plan.hasBulk || plan.charges > plan.calls + 2);
    this.#wrapped = this.#reference || this.#cached || plan.counted;
    this.#declareLocals();
    this.#copied = plan.codeStart;
    if (this.#wrapped) this.#open(type);
    else this.#charge(plan.entryCost, 0, false);
    for (let i = 0; i < plan.kind.length; i++) this.#event(i);
    this.#copy(plan.codeEnd);
    if (this.#wrapped) this.#close();
    this.#out.u8(0x0b);
  }

  #copy(to: number): void {
    this.#out.span(this.#source, this.#copied, to);
    this.#copied = to;
  }

  /** The declaration is a count and so many groups: the groups are copied, and one added for each new local. */
  #declareLocals(): void {
    const plan = this.#plan;
    const types: number[] = [];
    const add = (type: number): number => plan.locals + types.push(type) - 1;
    this.#gasLocal = this.#cached || (plan.counted && !this.#reference) ? add(I64) : -1;
    this.#stackLocal = plan.counted && !this.#gasOnly ? add(I32) : -1;
    this.#amountLocal = plan.hasBulk ? add(I32) : -1;
    if (!this.#gasOnly) this.#canonical.begin(plan, add);
    this.#out.u32(plan.localGroups + types.length);
    this.#out.span(this.#source, plan.localsStart, plan.codeStart);
    for (const type of types) this.#out.u8(1, type);
  }

  #open(type: FunctionType): void {
    const out = this.#out;
    const plan = this.#plan;
    const appended = this.#appended;
    out.u8(0x02, 0x40); // block $limit
    if (this.#stackLocal >= 0) {
      out.op(0x23, appended.stack);
      out.u8(0x41);
      out.s32(plan.frame);
      out.u8(0x6b); // i32.sub
      out.op(0x22, this.#stackLocal);
      out.op(0x24, appended.stack);
    }
    this.#enter();
    out.u8(0x02); // block $end
    if (type.results.length === 0) out.u8(0x40);
    else if (type.results.length === 1) out.u8(type.results[0]!);
    else out.s32(appended.type([], type.results));
  }

  /** Charges the first block and checks what has to be checked at entry. */
  #enter(): void {
    const out = this.#out;
    const plan = this.#plan;
    const appended = this.#appended;
    if (!plan.counted && this.#reference) return this.#charge(plan.entryCost, 0, true);
    out.op(0x23, appended.gas);
    this.#subtract(plan.entryCost);
    if (this.#gasLocal >= 0) out.op(plan.counted || !this.#cached ? 0x22 : 0x21, this.#gasLocal);
    if (!this.#cached) out.op(0x24, appended.gas);
    if (!plan.counted) return;
    if (!this.#cached) this.#getGas();
    if (this.#stackLocal >= 0) {
      out.op(0x20, this.#stackLocal);
      out.u8(0xac, 0x84); // i64.extend_i32_s, i64.or: negative if one of the two is
    }
    this.#leaveIfNegative(0);
  }

  #subtract(cost: number): void {
    if (cost === 0) return;
    this.#out.u8(0x42);
    this.#out.s32(cost);
    this.#out.u8(0x7d); // i64.sub
  }

  #getGas(): void {
    if (this.#gasLocal >= 0) this.#out.op(0x20, this.#gasLocal);
    else this.#out.op(0x23, this.#appended.gas);
  }

  /** @param depth of $limit from here */
  #leaveIfNegative(depth: number): void {
    this.#out.u8(0x42, 0, 0x53); // i64.const 0, i64.lt_s
    this.#out.op(0x0d, depth); // br_if
  }

  #charge(cost: number, depth: number, check: boolean): void {
    if (cost === 0 && !check) return;
    const out = this.#out;
    const appended = this.#appended;
    const cached = this.#cached;
    out.op(cached ? 0x20 : 0x23, cached ? this.#gasLocal : appended.gas);
    this.#subtract(cost);
    this.#setGas(check);
    if (check) this.#leaveIfNegative(depth);
  }

  /** @param keep leave the value on the stack as well */
  #setGas(keep: boolean): void {
    const out = this.#out;
    const appended = this.#appended;
    if (this.#cached) return out.op(keep ? 0x22 : 0x21, this.#gasLocal);
    out.op(0x24, appended.gas);
    if (keep) out.op(0x23, appended.gas);
  }

  #spill(): void {
    if (!this.#cached) return;
    this.#out.op(0x20, this.#gasLocal);
    this.#out.op(0x24, this.#appended.gas);
  }

  #reload(): void {
    if (!this.#cached) return;
    this.#out.op(0x23, this.#appended.gas);
    this.#out.op(0x21, this.#gasLocal);
  }

  #giveFrameBack(): void {
    if (this.#stackLocal < 0) return;
    this.#out.op(0x20, this.#stackLocal);
    this.#out.u8(0x41);
    this.#out.s32(this.#plan.frame);
    this.#out.u8(0x6a); // i32.add
    this.#out.op(0x24, this.#appended.stack);
  }

  #close(): void {
    const out = this.#out;
    const appended = this.#appended;
    out.u8(0x0b); // end $end
    this.#spill();
    this.#giveFrameBack();
    out.u8(0x0f, 0x0b); // return, end $limit
    this.#spill();
    if (this.#stackLocal >= 0) {
      out.u8(0x41, OUT_OF_STACK, 0x41, OUT_OF_GAS);
      out.op(0x20, this.#stackLocal);
      out.u8(0x41, 0, 0x48, 0x1b); // i32.const 0, i32.lt_s, select
    } else out.u8(0x41, OUT_OF_GAS);
    out.op(0x24, appended.why);
    out.u8(0x00);
  }

  #event(i: number): void {
    const out = this.#out;
    const plan = this.#plan;
    const appended = this.#appended;
    const from = plan.from.at[i]!;
    const to = plan.to.at[i]!;
    const value = plan.value.at[i]!;
    const depth = plan.depth.at[i]!;
    this.#copy(from);
    switch (plan.kind.at[i]) {
      case EVENT.charge:
        return this.#charge(value, depth, this.#reference);
      case EVENT.loop:
        return this.#charge(value, depth, true);
      case EVENT.nan:
        return this.#gasOnly ? undefined : this.#canonical.place(plan, value);
      case EVENT.leave:
        if (!this.#wrapped) return;
        out.op(0x0c, value); // br $end
        this.#copied = to;
        return;
      case EVENT.call:
        this.#spill();
        this.#copy(to);
        return this.#reload();
      case EVENT.tailCall:
        this.#spill();
        return this.#giveFrameBack();
      case EVENT.grow:
        return this.#instead(appended.memoryGrow(), to);
      case EVENT.tableGrow:
        return this.#instead(appended.tableGrow(value), to);
      case EVENT.bulk:
        return this.#chargeAmount(value, depth);
      default:
    }
  }

  /** A call of an appended function in place of an instruction. */
  #instead(index: number, to: number): void {
    this.#spill();
    this.#out.op(0x10, index);
    this.#copied = to;
    this.#reload();
  }

  /** The topmost operand is how much: one unit for each `perGas`, a power of two. */
  #chargeAmount(perGas: number, depth: number): void {
    const out = this.#out;
    const appended = this.#appended;
    const cached = this.#cached;
    out.op(0x22, this.#amountLocal);
    out.op(cached ? 0x20 : 0x23, cached ? this.#gasLocal : appended.gas);
    out.op(0x20, this.#amountLocal);
    if (perGas > 1) out.u8(0x41, Math.log2(perGas), 0x76); // i32.const, i32.shr_u
    out.u8(0xad, 0x7d); // i64.extend_i32_u, i64.sub
    this.#setGas(true);
    this.#leaveIfNegative(depth);
  }
}
