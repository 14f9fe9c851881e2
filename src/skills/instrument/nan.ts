/**
 * Where a NaN has to be made canonical. Arithmetic may leave a NaN of any bits, and engines differ. The bits matter only
 * where they can be seen: in a store, a call, a reinterpretation, … So each such value is followed: on the operand
 * stack, and through locals that hold nothing but numbers. What flows only into arithmetic, comparisons and conversions
 * stays as it is; a local of numbers is made canonical where it is read to be seen; all else where it is made.
 */
import { LIMITS } from '../../protocol/limits';
import * as LANES from './lanes';
import { Ints } from './ints';
import { F32, F64, V128 } from './module';

/** Rounds of handing “not only numbers” from local to local; a function that needs more makes all canonical. */
const ROUNDS = 8;
/** What a local holds, beyond the lanes of LANES: no value was seen yet, or not only numbers. */
const UNSEEN = 0;
const ANY = 6;

/** A place is a value that may be a NaN of any bits: an operation's result, or the reading of a local. */
export class NanFlow {
  /** Of each place: its lanes, the local it reads (or −1), whether its bits are seen. */
  readonly #lanes = new Ints();
  readonly #local = new Ints();
  readonly #seen = new Ints();
  /** Places that are kept in a local, and that local. */
  readonly #kept = new Ints();
  readonly #keeper = new Ints();
  /** What each local holds: one of LANES, UNSEEN or ANY. */
  readonly #holds = new Uint8Array(LIMITS.skillLocals);

  /** @param parameters are of unknown bits, all else begins as zero */
  begin(parameters: number, locals: number): void {
    for (const list of [this.#lanes, this.#local, this.#seen, this.#kept, this.#keeper]) list.clear();
    this.#holds.fill(ANY, 0, parameters);
    this.#holds.fill(UNSEEN, parameters, locals);
  }

  /** A local is read. @returns the place’s number, or 0 where there is nothing to follow */
  read(local: number, type: number): number {
    if (this.#holds[local] === ANY) return 0;
    const lanes = type === F32 ? LANES.f32 : type === F64 ? LANES.f64 : 0;
    return type === V128 || lanes !== 0 ? this.place(lanes, local) : 0;
  }

  /** @returns the place’s number, from 1, of what an operation leaves or a local holds */
  place(lanes: number, local = -1): number {
    this.#lanes.push(lanes);
    this.#local.push(local);
    this.#seen.push(0);
    return this.#seen.length;
  }

  get places(): number {
    return this.#seen.length;
  }

  /** Lanes of an operation's result; 0 for the reading of a local. */
  made(place: number): number {
    return this.#local.at[place - 1]! < 0 ? this.#lanes.at[place - 1]! : LANES.none;
  }

  see(place: number): void {
    this.#seen.at[place - 1] = 1;
  }

  /** An operation takes it that is blind to the NaN bits of `lanes`; 0: to none. */
  take(place: number, lanes: number): void {
    const index = place - 1;
    if (lanes === 0) return this.see(place);
    // A v128 local’s lanes are known only when all that is kept in it is; the first use says what they should be.
    if (this.#lanes.at[index] === 0) this.#lanes.at[index] = lanes;
    else if (this.#lanes.at[index] !== lanes) this.#seen.at[index] = 1;
  }

  /** A value is kept in a local. @param place 0: it may have any bits */
  keep(place: number, local: number, numeric: boolean): void {
    if (place === 0) {
      if (!numeric) this.#holds[local] = ANY;
      return;
    }
    this.#kept.push(place);
    this.#keeper.push(local);
    if (this.#local.at[place - 1]! < 0) this.#meet(local, this.#lanes.at[place - 1]!);
  }

  #meet(local: number, lanes: number): boolean {
    const before = this.#holds[local]!;
    if (before === lanes || before === ANY || lanes === UNSEEN) return false;
    this.#holds[local] = before === UNSEEN ? lanes : ANY;
    return true;
  }

  /** Decides for all places, once the whole function was seen. */
  settle(): void {
    let changed = true;
    for (let round = 0; changed && round < ROUNDS; round++) changed = this.#spread();
    if (changed) this.#holds.fill(ANY);
    for (let i = 0; i < this.#kept.length; i++) {
      if (this.#holds[this.#keeper.at[i]!] === ANY) this.see(this.#kept.at[i]!);
    }
  }

  /** Hands what locals hold on to those that copy them, and “any” in both ways where their lanes differ. */
  #spread(): boolean {
    let changed = false;
    for (let i = 0; i < this.#kept.length; i++) {
      const from = this.#local.at[this.#kept.at[i]! - 1]!;
      if (from >= 0 && this.#meet(this.#keeper.at[i]!, this.#holds[from]!)) changed = true;
    }
    return changed;
  }

  /** Lanes to make canonical after the place’s instruction; 0: none. */
  fix(place: number): number {
    const index = place - 1;
    const local = this.#local.at[index]!;
    const lanes = this.#lanes.at[index]!;
    if (local < 0) return this.#seen.at[index] ? lanes : 0;
    const holds = this.#holds[local]!;
    if (holds === ANY || holds === UNSEEN) return 0;
    return this.#seen.at[index] || lanes !== holds ? holds : 0;
  }
}
