import { BUNDLE } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import { isHidden, openingDigest, parseDisclosure, pointedAt, type Disclosure } from '../privacy';
import type { LogEntry } from './chain';
import type { Findings } from './findings';
import { Lines } from './lines';
import type { Loaded } from './manifest';

/** The personal fields that the exporter shows: each must be what the log holds the hash of. */
export class Openings {
  readonly #bySeq = new Map<number, { disclosure: Disclosure; where: string }[]>();
  #count = 0;

  constructor(
    loaded: Loaded,
    private readonly findings: Findings,
  ) {
    const bytes = loaded.bytes.get(BUNDLE.openings);
    if (bytes) this.#read(bytes);
  }

  #read(bytes: Uint8Array): void {
    const lines = new Lines(LIMITS.entryBytes);
    let before: Disclosure | undefined;
    for (const line of [...lines.push(bytes), ...lines.end()]) {
      const where = `${BUNDLE.openings}:${this.#count + 1}`;
      const disclosure = line.at(-1) === 0x0a ? parseDisclosure(line.subarray(0, -1)) : undefined;
      // After one that is none, nothing says where the next begins.
      if (!disclosure) return this.#wrong(where, 'It is not an opening of a personal field.');
      if (before && !follows(before, disclosure)) return this.#wrong(where, 'The openings are not in their one order.');
      before = disclosure;
      this.#count += 1;
      const same = this.#bySeq.get(disclosure.seq) ?? [];
      same.push({ disclosure, where });
      this.#bySeq.set(disclosure.seq, same);
    }
    if (this.#count === 0) this.#wrong(BUNDLE.openings, 'It opens nothing.');
  }

  /** The next entry of the log. */
  take({ seq, type, data }: LogEntry): void {
    const openings = this.#bySeq.get(seq);
    if (!openings) return;
    this.#bySeq.delete(seq);
    for (const { disclosure, where } of openings) {
      const { pointer, value } = disclosure;
      const field = pointedAt({ data }, pointer);
      if (!isHidden(field)) this.#wrong(where, `Entry ${seq} holds no hidden field at ${pointer}.`);
      else if (field.$hidden !== openingDigest(disclosure))
        this.#wrong(where, `It is not what entry ${seq} holds the hash of.`);
      else this.findings.facts.disclosed.push({ seq, type, pointer, value });
    }
  }

  /** To be called when all of the log was taken. */
  finish(): void {
    for (const openings of this.#bySeq.values())
      for (const { where, disclosure } of openings) this.#wrong(where, `The log has no entry ${disclosure.seq}.`);
  }

  #wrong(where: string, what: string): void {
    this.findings.add('integrity', 'wrong_opening', where, what);
  }
}

/** A personal field that the bundle shows, and that is what the log says. */
export interface Disclosed {
  seq: number;
  /** Of the entry. */
  type: string;
  pointer: string;
  value: Json;
}

const follows = (a: Disclosure, b: Disclosure): boolean => a.seq < b.seq || (a.seq === b.seq && a.pointer < b.pointer);
