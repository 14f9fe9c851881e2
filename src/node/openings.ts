import type { AuditLog, Entry } from '../audit';
import { fromUtf8, hex, type Sha256 } from '../crypto';
import { hiddenBy, hiddenIn, isSalt, openingDigest, type Disclosure, type Hidden, type Opening } from '../privacy';
import type { Json, JsonObject } from '../protocol/json';
import type { Random } from '../protocol/runtime';
import type { RecordStore } from '../storage';

const PREFIX = 'opening/';
const SALT_BYTES = 16;

/** A personal field as its owner sees it: where it stands, and what it is while its opening is kept. */
export interface PersonalField extends Disclosure {
  sha256: Sha256;
  /** Of the entry. */
  type: Entry['type'];
  ts: string;
}

/** The openings of personal fields, one record each, beside the log and never in it. */
export class Openings {
  readonly #records: RecordStore;
  readonly #random: Random;

  constructor(records: RecordStore, random: Random) {
    this.#records = records;
    this.#random = random;
  }

  /** Keeps a value durably; what is returned goes into the log. */
  async hide(value: Json): Promise<Hidden> {
    const opening: Opening = { salt: hex(this.#random.bytes(SALT_BYTES)), value };
    const hidden = hiddenBy(opening);
    await this.#records.commit(new Map([[PREFIX + hidden.$hidden, { ...opening }]]));
    return hidden;
  }

  async get(sha256: Sha256): Promise<Opening | undefined> {
    const stored = (await this.#records.get(PREFIX + sha256)) as JsonObject | undefined;
    const salt = stored?.['salt'];
    const value = stored?.['value'];
    if (!isSalt(salt) || value === undefined) return undefined;
    return openingDigest({ salt, value }) === sha256 ? { salt, value } : undefined;
  }

  /** Deletes openings; those that were there, in the order given. */
  async erase(hashes: readonly Sha256[]): Promise<Sha256[]> {
    const here = new Set(await this.#records.keys(PREFIX));
    const found = [...new Set(hashes)].filter((sha256) => here.has(PREFIX + sha256));
    await this.#records.commit(new Map(found.map((sha256) => [PREFIX + sha256, undefined])));
    return found;
  }

  /** The fields among the first `size` entries whose openings are kept, newest last. */
  async fields(log: Pick<AuditLog, 'lines' | 'size'>, size = log.size): Promise<PersonalField[]> {
    const kept = new Set(await this.#records.keys(PREFIX));
    const found: PersonalField[] = [];
    if (kept.size === 0) return found;
    for await (const line of log.lines(0, size)) {
      const text = fromUtf8(line);
      // A line without the word holds no such field: most need not be parsed.
      if (!text.includes('"$hidden"')) continue;
      const entry = JSON.parse(text) as Entry;
      for (const { pointer, sha256 } of hiddenIn({ data: entry.data })) {
        const opening = kept.has(PREFIX + sha256) ? await this.get(sha256) : undefined;
        if (opening) found.push({ ...opening, sha256, pointer, seq: entry.seq, type: entry.type, ts: entry.ts });
      }
    }
    return found;
  }
}
