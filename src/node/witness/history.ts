import * as v from 'valibot';
import { LIMITS } from '../../protocol/limits';
import type { Seen, SeenHead } from '../../protocol/messages';
import type { RecordStore } from '../../storage';
import { inTurn } from '../../protocol/in-turn';

const RECORD = 'log/seen';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Heads = v.array(
  v.strictObject({ size: count, seen: v.array(v.strictObject({ witness: v.string(), time: count })) }),
);

/**
 * When witnesses saw the log: what bounds an entry in time long after the notes that said so were replaced by newer
 * ones. Names and seconds only, each checked when it came; a reader who trusts nobody here takes the notes in a bundle.
 */
export class SeenHistory {
  readonly #records: Pick<RecordStore, 'commit'>;
  #heads: readonly SeenHead[];
  readonly #writing = inTurn();

  private constructor(records: Pick<RecordStore, 'commit'>, heads: readonly SeenHead[]) {
    this.#records = records;
    this.#heads = heads;
  }

  /** A record that is no such list counts as none. */
  static async open(records: Pick<RecordStore, 'get' | 'commit'>): Promise<SeenHistory> {
    const parsed = v.safeParse(Heads, await records.get(RECORD));
    return new SeenHistory(records, parsed.success ? parsed.output : []);
  }

  /** Smallest first, each with its witnesses, earliest first. */
  get heads(): readonly SeenHead[] {
    return this.#heads;
  }

  /** Keeps, durably, that a witness saw the first `size` entries. */
  add(size: number, seen: Seen): Promise<void> {
    this.#heads = withSeen(this.#heads, size, seen);
    return this.#writing(() =>
      this.#records.commit(new Map([[RECORD, this.#heads.map(({ size, seen }) => ({ size, seen: seen.map(plain) }))]])),
    );
  }
}

const plain = ({ witness, time }: Seen): { witness: string; time: number } => ({ witness, time });

/**
 * `heads` with what one more witness said. Of a witness's times the earliest counts. Past `LIMITS.seenHeads` the head
 * goes whose absence widens the bounds of its neighbours' entries least; never the oldest or the newest.
 */
export function withSeen(heads: readonly SeenHead[], size: number, { witness, time }: Seen): SeenHead[] {
  const known = heads.find((head) => head.size === size)?.seen ?? [];
  const before = known.find((one) => one.witness === witness)?.time ?? time;
  const rest = known.filter((one) => one.witness !== witness);
  const seen = [...rest, { witness, time: Math.min(before, time) }].toSorted((a, b) => a.time - b.time);
  const all = [...heads.filter((head) => head.size !== size), { size, seen }].toSorted((a, b) => a.size - b.size);
  return all.length > LIMITS.seenHeads ? all.toSpliced(mostCrowded(all), 1) : all;
}

/** Which head has its neighbours nearest in time. */
function mostCrowded(heads: readonly SeenHead[]): number {
  const at = (i: number): number => heads[i]!.seen[0]!.time;
  let least = 1;
  for (let i = 2; i < heads.length - 1; i++) if (at(i + 1) - at(i - 1) < at(least + 1) - at(least - 1)) least = i;
  return least;
}
