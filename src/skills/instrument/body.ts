/** What is known while one function body is read: instructions.ts reads into it, `plan` is what comes of it. */
import { LIMITS } from '../../protocol/limits';
import * as LANES from './lanes';
import * as EVENT from './events';
import { Control } from './control';
import { V128, type FunctionType, type ParsedModule } from './module';
import { NUMERIC, Operands, UNKNOWN } from './operands';
import { Plan } from './plan';
import { ModuleReader } from './reader';
import { overCap } from './refuse';
import { valueType } from './values';

/** Words that an activation counts beyond its values: return address, frame pointer, instance, gas, spill slots. */
const FRAME_WORDS = 16;
const WORD_BYTES = 8;
/** A function that calls nothing counts only if it is larger than this: the native stack has that much to spare. */
const LEAF_BYTES = 1_024;
/** A function that calls nothing and weighs no more than this does not look at the gas at its entry. */
const LIGHT = 64;
const NO_TYPE: FunctionType = { params: [], results: [], text: '', simd: false };

export class Body {
  readonly plan = new Plan();
  readonly module: ParsedModule;
  readonly reader: ModuleReader;
  readonly operands = new Operands(this.plan.nan);
  readonly control = new Control(this.plan.constructs);
  readonly localTypes = new Uint8Array(LIMITS.skillLocals);
  type = NO_TYPE;
  /** Whether the current instruction can be reached. */
  live = true;
  hasCall = false;
  /** Whether a v128 may be among its values. */
  simd = false;
  /** Largest params + results of a function that is called. */
  callee = 0;
  /** What the open block costs so far, and its event (−1: the entry's). */
  cost = 0;
  #block = -1;
  #localWords = 0;
  /** Of all its blocks. */
  #weight = 0;

  constructor(bytes: Uint8Array, module: ParsedModule) {
    this.module = module;
    this.reader = new ModuleReader(bytes);
  }

  begin(start: number, end: number, type: FunctionType): void {
    this.reader.at = start;
    this.reader.end = end;
    this.plan.begin();
    this.operands.begin();
    this.control.begin(type);
    this.type = type;
    this.simd = type.simd;
    this.live = true;
    this.hasCall = false;
    this.callee = this.cost = this.#weight = 0;
    this.#block = -1;
    this.#readLocals(type);
    this.plan.nan.begin(type.params.length, this.plan.locals);
    this.plan.codeStart = this.reader.at;
  }

  /** @throws SkillError if its operands are too many */
  finish(): Plan {
    if (this.operands.highest > LIMITS.skillOperands)
      throw overCap('operands', this.operands.highest, LIMITS.skillOperands, this.reader.at);
    this.plan.codeEnd = this.reader.at - 1;
    this.#closeBlock();
    this.plan.nan.settle();
    // docs/metering.md, “The stack”
    const values = this.operands.highest + this.callee + this.type.results.length;
    this.plan.frame = WORD_BYTES * (this.#localWords + (this.simd ? 2 : 1) * values + FRAME_WORDS);
    this.plan.counted = this.hasCall || this.plan.frame > LEAF_BYTES;
    this.plan.checked = this.plan.counted || this.#weight > LIGHT;
    return this.plan;
  }

  #readLocals(type: FunctionType): void {
    const { reader, plan } = this;
    let count = 0;
    this.#localWords = 0;
    for (const param of type.params) this.#addLocals(count++, 1, param);
    const groups = reader.count();
    plan.localGroups = groups;
    plan.localsStart = reader.at;
    for (let i = 0; i < groups; i++) {
      const offset = reader.at;
      const more = reader.u32();
      if (count + more > LIMITS.skillLocals) throw overCap('locals', count + more, LIMITS.skillLocals, offset);
      this.#addLocals(count, more, valueType(reader));
      count += more;
    }
    plan.locals = count;
  }

  #addLocals(first: number, more: number, type: number): void {
    const count = first + more;
    this.localTypes.fill(type, first, count);
    this.#localWords += type === V128 ? 2 * more : more;
    if (type === V128 && more > 0) this.simd = true;
  }

  #closeBlock(): void {
    if (this.#block < 0) this.plan.entryCost = this.cost;
    else this.plan.value.at[this.#block] = this.cost;
    this.#weight += this.cost;
    this.cost = 0;
  }

  /** A block begins after the instruction that was just read. */
  openBlock(kind: number): void {
    this.#closeBlock();
    this.#block = this.event(kind, this.reader.at, 0);
  }

  /** Something is put in or changed from `from` to where the reader stands. */
  event(kind: number, from: number, value: number): number {
    return this.plan.add(kind, from, this.reader.at, value);
  }

  /** Something is put in before the instruction at `at`. */
  before(kind: number, at: number, value: number): void {
    this.plan.add(kind, at, at, value);
  }

  /** What follows, up to the construct's end, cannot be reached. */
  die(): void {
    this.live = false;
    this.operands.cut(this.control.top.height);
  }

  /** Takes operands whose bits are seen, and leaves some of which nothing is known. */
  move(pops: number, pushes: number): void {
    if (!this.live) return;
    this.operands.see(pops);
    for (let i = 0; i < pushes; i++) this.operands.push(UNKNOWN);
  }

  /** @param leaves lanes of a result that may be a NaN of any bits; see opcodes.ts */
  pushResult(leaves: number): void {
    if (leaves === LANES.none) this.operands.push(UNKNOWN);
    else if (leaves === LANES.numeric) this.operands.push(NUMERIC);
    else {
      const place = this.plan.nan.place(leaves);
      this.event(EVENT.nan, this.reader.at, place);
      this.operands.push(place);
    }
  }
}
