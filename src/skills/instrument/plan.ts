/** What `instructions.ts` finds out about a function body, for `emit.ts`. */
import { Ints } from './ints';
import { NanFlow } from './nan';

/** One is used for all functions in turn. */
export class Plan {
  /** In the order of the code: kind, first byte, byte after, and a number: cost, place, table, construct, unit of a bulk operation. */
  readonly kind = new Ints();
  readonly from = new Ints();
  readonly to = new Ints();
  readonly value = new Ints();
  /** Of each construct, the function itself being 0: flags of control.ts. */
  readonly constructs = new Ints();
  readonly nan = new NanFlow();
  /** How many groups of locals are declared, and where the first stands. */
  localGroups = 0;
  localsStart = 0;
  /** First byte of the first instruction, and the position of the final `end`. */
  codeStart = 0;
  codeEnd = 0;
  locals = 0;
  entryCost = 0;
  hasBulk = false;
  /** Bytes that an activation counts for, and whether it is counted at all. */
  frame = 0;
  counted = false;
  /** Whether its entry looks at the gas. */
  checked = false;

  begin(): void {
    for (const list of [this.kind, this.from, this.to, this.value, this.constructs]) list.clear();
    this.entryCost = this.frame = 0;
    this.hasBulk = this.counted = false;
  }

  /** @returns the event's index */
  add(kind: number, from: number, to: number, value: number): number {
    this.kind.push(kind);
    this.from.push(from);
    this.to.push(to);
    this.value.push(value);
    return this.kind.length - 1;
  }
}
