/**
 * Writes one function body anew after its plan. Gas is kept in a local that is stored before calls and at the end; after a
 * call the global is right, and the local again once something is charged: what is in memory costs more than it looks.
 * Paths that meet must agree on which of the two it is: where calls were made outside of loops, on the global.
 *
 * A frame is taken from the stack in a local too, which is stored before calls: what a callee leaves in the global is of no
 * interest. Only a function that the host may call must leave there what it found, and has its returns made branches:
 *
 *     <entry: count the frame, charge the first block, check both>
 *     block $end (results) <the body> end
 *     <give the frame back>
 *
 * The reference mode differs in three things: gas is never kept in a local, each charge is checked, and every NaN is made
 * canonical where it is made.
 */
import * as EVENT from './events';
import type { Appended } from './appended';
import { Canonical } from './canonical';
import { CALLS, FLAGS, GLOBAL, HAS_ELSE, IN_LOOP, LOCAL } from './control';
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
  /** Locals that are added, or −1: gas, the stack that is left, how much of a bulk operation. */
  #gasLocal = -1;
  #stackLocal = -1;
  #amountLocal = -1;
  #state = GLOBAL;
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

  /** @param exposed whether the host may call it */
  emit(plan: Plan, type: FunctionType, exposed: boolean): void {
    this.#plan = plan;
    this.#declareLocals();
    this.#wrapped = exposed && this.#stackLocal >= 0;
    this.#copied = plan.codeStart;
    this.#state = GLOBAL;
    this.#charge(plan.entryCost, plan.checked, true);
    if (this.#wrapped) this.#openBlock(type);
    for (let i = 0; i < plan.kind.length; i++) this.#event(i);
    this.#copy(plan.codeEnd);
    this.#out.u8(0x0b);
    if (!this.#wrapped) return;
    this.#setStack(true);
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
    this.#gasLocal = this.#reference ? -1 : add(I64);
    this.#stackLocal = plan.counted && !this.#gasOnly ? add(I32) : -1;
    this.#amountLocal = plan.hasBulk ? add(I32) : -1;
    if (!this.#gasOnly) this.#canonical.begin(plan, add);
    this.#out.u32(plan.localGroups + types.length);
    this.#out.span(this.#source, plan.localsStart, plan.codeStart);
    for (const type of types) this.#out.u8(1, type);
  }

  #openBlock({ results }: FunctionType): void {
    this.#out.u8(0x02);
    if (results.length > 1) this.#out.s32(this.#appended.type([], results));
    else this.#out.u8(results[0] ?? 0x40);
  }

  /**
   * By a call: V8 makes twice as slow code where the trap stands in the body, and inlines small bodies.
   * @param stackLocal of a frame that may not have fitted either, or −1
   */
  #endIfNegative(stackLocal = -1): void {
    const out = this.#out;
    out.u8(0x42, 0, 0x53, 0x04, 0x40); // i64.const 0, i64.lt_s, if
    if (stackLocal < 0) out.u8(0x41, 0);
    else out.op(0x20, stackLocal);
    out.op(0x10, this.#appended.limit());
    out.u8(0x00, 0x0b);
  }

  #getGas(): void {
    if (this.#state & LOCAL) this.#out.op(0x20, this.#gasLocal);
    else this.#out.op(0x23, this.#appended.gas);
  }

  /** @param keep leave the value on the stack as well */
  #setGas(keep: boolean): void {
    const out = this.#out;
    const { gas } = this.#appended;
    if (this.#reference) {
      out.op(0x24, gas);
      if (keep) out.op(0x23, gas);
    } else {
      out.op(keep ? 0x22 : 0x21, this.#gasLocal);
      this.#state = LOCAL;
    }
  }

  /** @param entry counts the frame, if there is one, before it is checked */
  #charge(cost: number, check: boolean, entry = false): void {
    const out = this.#out;
    const checked = check || this.#reference;
    if (cost === 0 && !checked) return;
    this.#getGas();
    if (cost > 0) {
      out.u8(0x42);
      out.s32(cost);
      out.u8(0x7d); // i64.sub
    }
    this.#setGas(checked);
    if (entry && this.#stackLocal >= 0) {
      out.op(0x23, this.#appended.stack);
      out.u8(0x41);
      out.s32(this.#plan.frame);
      out.u8(0x6b); // i32.sub
      out.op(0x22, this.#stackLocal);
      out.u8(0xac, 0x84); // i64.extend_i32_s, i64.or: negative if one of the two is
      this.#endIfNegative(this.#stackLocal);
    } else if (checked) this.#endIfNegative();
  }

  /** The counter is where `wanted` says, as well. */
  #settle(wanted: number): void {
    const missing = wanted & ~this.#state;
    if (missing === 0) return;
    this.#getGas();
    if (missing === GLOBAL) this.#out.op(0x24, this.#appended.gas);
    else this.#out.op(0x21, this.#gasLocal);
    this.#state |= wanted;
  }

  /** Stores what is left of the stack beside the frame or, to give that `back`, with it. */
  #setStack(back: boolean): void {
    if (this.#stackLocal < 0) return;
    const out = this.#out;
    out.op(0x20, this.#stackLocal);
    if (back) {
      out.u8(0x41);
      out.s32(this.#plan.frame);
      out.u8(0x6a); // i32.add
    }
    out.op(0x24, this.#appended.stack);
  }

  #event(i: number): void {
    const plan = this.#plan;
    const appended = this.#appended;
    const to = plan.to.at[i]!;
    const value = plan.value.at[i]!;
    this.#copy(plan.from.at[i]!);
    const kind = plan.kind.at[i]!;
    switch (kind) {
      case EVENT.charge:
      case EVENT.loop:
        return this.#charge(value, kind === EVENT.loop);
      case EVENT.nan:
        return this.#gasOnly ? undefined : this.#canonical.place(plan, value);
      case EVENT.leave:
        if (!this.#wrapped) return;
        this.#out.op(0x0c, value); // br $end
        this.#copied = to;
        return;
      case EVENT.call:
        this.#settle(GLOBAL);
        this.#setStack(false);
        this.#copy(to);
        this.#state = GLOBAL;
        return;
      case EVENT.tailCall:
        this.#leaves();
        return this.#setStack(true);
      case EVENT.grow:
        return this.#instead(appended.memoryGrow(), to);
      case EVENT.tableGrow:
        return this.#instead(appended.tableGrow(value), to);
      case EVENT.bulk:
        return this.#chargeAmount(value);
      default:
        if (!this.#reference) this.#path(kind, value);
    }
  }

  /** Paths part or meet at a construct. A table’s labels, of which it is the outermost, suit those in loops and those outside. */
  #path(kind: number, id: number): void {
    const { constructs } = this.#plan;
    const flags = constructs.at[id]!;
    const isTable = kind === EVENT.table && !(flags & IN_LOOP);
    const there = isTable ? LOCAL | GLOBAL : (flags & (CALLS | IN_LOOP)) === CALLS ? GLOBAL : LOCAL;
    if (kind === EVENT.again) this.#state = flags >> FLAGS;
    else if (kind === EVENT.met) this.#state = there;
    else if (kind !== EVENT.fork || !(flags & HAS_ELSE)) this.#settle(there);
    if (id === 0 && flags & CALLS) this.#leaves();
    if (kind === EVENT.fork) constructs.at[id] = flags | (this.#state << FLAGS);
  }

  /** Where a function that calls others is left, its caller goes on: what both have overdrawn must not add up. */
  #leaves(): void {
    this.#settle(GLOBAL);
    this.#getGas();
    this.#endIfNegative();
  }

  /** A call of an appended function in place of an instruction. */
  #instead(index: number, to: number): void {
    this.#settle(GLOBAL);
    this.#out.op(0x10, index);
    this.#copied = to;
    this.#state = GLOBAL;
  }

  /** The topmost operand is how much: one unit for each `perGas`, a power of two. */
  #chargeAmount(perGas: number): void {
    const out = this.#out;
    out.op(0x22, this.#amountLocal);
    this.#getGas();
    out.op(0x20, this.#amountLocal);
    if (perGas > 1) out.u8(0x41, Math.log2(perGas), 0x76); // i32.const, i32.shr_u
    out.u8(0xad, 0x7d); // i64.extend_i32_u, i64.sub
    this.#setGas(true);
    this.#endIfNegative();
  }
}
