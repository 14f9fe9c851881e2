/** What `instructions.ts` finds out about a function body, for `emit.ts`. */
import * as EVENT from './events';
import { Ints } from './ints';
import { NanFlow } from './nan';

/** One is used for all functions in turn. */
export class Plan {
  /** In the order of the code: kind, first byte, byte after, and a number: cost, place, table or unit of a bulk operation. */
  readonly kind = new Ints();
  readonly from = new Ints();
  readonly to = new Ints();
  readonly value = new Ints();
  /** Constructs that are open at the event, the function itself included. */
  readonly depth = new Ints();
  readonly nan = new NanFlow();
  /** How many groups of locals are declared, and where the first stands. */
  localGroups = 0;
  localsStart = 0;
  /** First byte of the first instruction, and the position of the final `end`. */
  codeStart = 0;
  codeEnd = 0;
  locals = 0;
  entryCost = 0;
  /** Charges beyond the entry’s. */
  charges = 0;
  /** Instructions around which a counter in a local has to be stored and read back. */
  calls = 0;
  hasLoop = false;
  hasBulk = false;
  /** Bytes that an activation counts for, and whether it is counted at all. */
  frame = 0;
  counted = false;

  begin(): void {
    for (const list of [this.kind, this.from, this.to, this.value, this.depth]) list.clear();
    this.entryCost = this.charges = this.calls = this.frame = 0;
    this.hasLoop = this.hasBulk = this.counted = false;
  }

  /** @returns the event's index */
  add(kind: number, from: number, to: number, value: number, depth: number): number {
    if (kind >= EVENT.call && kind <= EVENT.tableGrow) this.calls += 1;
    this.kind.push(kind);
    this.from.push(from);
    this.to.push(to);
    this.value.push(value);
    this.depth.push(depth);
    return this.kind.length - 1;
  }
}
