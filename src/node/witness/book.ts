/** The checkpoints that witnesses cosigned: the newest one and the one before it, in the store. */
import { formatSignature, parseCheckpoint, parseNote, verifyCosignature } from '../../crypto';
import type { NoteKey } from '../../crypto';
import type { Checkpoint } from '../../audit';
import type { RecordStore } from '../../storage';
import { inTurn } from '../../protocol/in-turn';

export const WITNESSED_RECORD = 'log/witnessed';
export const OLD_WITNESSED_RECORD = 'log/witnessed.old';

interface Cosigned {
  checkpoint: Checkpoint;
  /** Witness key (name and id) → its line. */
  lines: Map<string, string>;
}

const keyOf = ({ name, id }: Pick<NoteKey, 'name' | 'id'>): string => `${name} ${id}`;

/** Lines of witnesses follow the log's own, sorted by name: the same lines give the same note. */
export function noteOf(note: string, lines: ReadonlyMap<string, string>): string {
  const sorted = [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return note + sorted.map(([, line]) => line).join('');
}

/** A stored note taken apart, or `undefined` when it is not one of the log `origin`. */
export function readCosigned(note: unknown, origin: string): Cosigned | undefined {
  const parsed = typeof note === 'string' ? parseNote(note) : undefined;
  const body = parsed && parseCheckpoint(parsed.text);
  if (body?.origin !== origin) return undefined;
  const own = parsed!.signatures.filter((s) => s.name === origin).map(formatSignature);
  const others = parsed!.signatures.filter((s) => s.name !== origin);
  const lines = new Map(others.map((s) => [keyOf({ name: s.name, id: s.keyId }), formatSignature(s)]));
  return { checkpoint: { ...body, note: `${parsed!.text}\n${own.join('')}` }, lines };
}

export class CosignedBook {
  readonly #records: RecordStore;
  /** Newest first, at most two. */
  #kept: Cosigned[];
  readonly #writing = inTurn();

  private constructor(records: RecordStore, kept: Cosigned[]) {
    this.#records = records;
    this.#kept = kept;
  }

  static async open(records: RecordStore, origin: string): Promise<CosignedBook> {
    const notes = [await records.get(WITNESSED_RECORD), await records.get(OLD_WITNESSED_RECORD)];
    return new CosignedBook(
      records,
      notes.map((note) => readCosigned(note, origin)).filter((c) => c !== undefined),
    );
  }

  /** The note of exactly this checkpoint, with the lines that are here. */
  note(checkpoint: Checkpoint): string {
    const found = this.#at(checkpoint);
    return found ? noteOf(checkpoint.note, found.lines) : checkpoint.note;
  }

  has(checkpoint: Checkpoint, key: NoteKey): boolean {
    return this.#at(checkpoint)?.lines.has(keyOf(key)) === true;
  }

  /** The newest cosigned note of a smaller tree. */
  previous(size: number): string | undefined {
    const found = this.#kept.find(({ checkpoint }) => checkpoint.size < size);
    return found && noteOf(found.checkpoint.note, found.lines);
  }

  /** The newest cosignature by `key` that is here and holds. */
  async newestBy(key: NoteKey): Promise<{ size: number; time: number } | undefined> {
    for (const { checkpoint, lines } of this.#kept) {
      const note = parseNote(noteOf(checkpoint.note, lines));
      const time = note && (await verifyCosignature(note, key));
      if (time !== undefined) return { size: checkpoint.size, time };
    }
    return undefined;
  }

  /** Keeps a checked line, durably. One of an older tree than both that are kept is not. */
  add(checkpoint: Checkpoint, key: NoteKey, line: string): Promise<void> {
    const same = this.#at(checkpoint);
    if (same) same.lines.set(keyOf(key), line);
    else {
      const fresh = { checkpoint, lines: new Map([[keyOf(key), line]]) };
      this.#kept = [...this.#kept, fresh].toSorted((a, b) => b.checkpoint.size - a.checkpoint.size).slice(0, 2);
    }
    return this.#write();
  }

  /** Records a checkpoint that does not fit this log, so that the next start finds it too. */
  accuse(held: Checkpoint): Promise<void> {
    return this.#writing(() => this.#records.commit(new Map([[WITNESSED_RECORD, held.note]])));
  }

  #at({ size, root }: Checkpoint): Cosigned | undefined {
    return this.#kept.find(({ checkpoint }) => checkpoint.size === size && checkpoint.root === root);
  }

  /** One write after the other, each of what is kept by then. */
  #write(): Promise<void> {
    return this.#writing(() => {
      const [newest, old] = this.#kept.map(({ checkpoint, lines }) => noteOf(checkpoint.note, lines));
      return this.#records.commit(
        new Map([
          [WITNESSED_RECORD, newest],
          [OLD_WITNESSED_RECORD, old],
        ]),
      );
    });
  }
}
