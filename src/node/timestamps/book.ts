import * as v from 'valibot';
import { noteKey, parseCheckpoint, parseNote, verifyNote } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { RecordStore } from '../../storage';

/** Also named by boot/restart.ts, which empties it with the log's other heads. */
const RECORD = 'log/timestamps';
const Kept = v.pipe(
  v.array(
    v.strictObject({ size: v.pipe(v.number(), v.safeInteger()), note: v.string(), token: v.nullable(v.string()) }),
  ),
  v.maxLength(LIMITS.timestamps),
);

/** A checkpoint that is out to be stamped, or was: `token` is then the timestamp token, in base64. */
export type Stamped = v.InferOutput<typeof Kept>[number];

type Records = Pick<RecordStore, 'get' | 'commit'>;

/** Smallest first. A record that is no such list counts as none. */
export async function readStamped(records: Pick<RecordStore, 'get'>): Promise<readonly Stamped[]> {
  const parsed = v.safeParse(Kept, await records.get(RECORD));
  return parsed.success ? parsed.output : [];
}

/**
 * Keeps `one` in place of what was kept of its size. Past `LIMITS.timestamps` the oldest that was never stamped goes, and
 * where all were, the oldest.
 */
export async function keepStamped(records: Records, one: Stamped): Promise<void> {
  const others = (await readStamped(records)).filter(({ size }) => size !== one.size);
  const all = [...others, one].toSorted((a, b) => a.size - b.size);
  if (all.length > LIMITS.timestamps)
    all.splice(
      Math.max(
        0,
        all.findIndex(({ token }) => token === null),
      ),
      1,
    );
  await records.commit(new Map([[RECORD, all]]));
}

/** The newest that is stamped, of a log smaller than `size` and signed by the log key that is in force. */
export async function newestStamped(
  records: Pick<RecordStore, 'get'>,
  { origin, publicKey, size }: { origin: string; publicKey: Uint8Array; size: number },
): Promise<Stamped | undefined> {
  const key = noteKey(origin, publicKey);
  for (const one of (await readStamped(records)).toReversed()) {
    const note = parseNote(one.note);
    const body = note && parseCheckpoint(note.text);
    if (!note || body?.origin !== origin || body.size !== one.size || one.token === null || one.size >= size) continue;
    if (await verifyNote(note, key)) return one;
  }
  return undefined;
}
