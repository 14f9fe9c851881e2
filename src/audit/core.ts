/**
 * The log as a pure state machine: entries in, lines and tree out. It knows neither storage nor keys nor the time; the
 * same core builds lines, replays them at start-up, and runs in simulations.
 */
import { MerkleFrontier, hex, leafHash, sha256 } from '../crypto';
import type { Sha256 } from '../crypto';
import { LAST_TIME, NO_HASH, parseLine, prepareEntry, writeLine } from './entry';
import type { PreparedEntry } from './entry';
import { BlockRoots } from './blocks';
import { AuditError } from './types';
import type { Entry, Receipt } from './types';

/** One built line, and what its author is told. */
export interface Line extends Receipt {
  /** LF included. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Everything the next line depends on. Never changed in place, so keeping one is a snapshot. */
export interface LogState {
  readonly size: number;
  /** Length of all lines. */
  readonly bytes: number;
  /** Hash of the last line. */
  readonly prev: Sha256;
  /** Time of the last line, ms. */
  readonly time: number;
  /** What the clock said last, ms; below `time` while the clock is behind. */
  readonly observed: number;
  readonly tree: MerkleFrontier;
}

export class LogCore {
  #size = 0;
  #bytes = 0;
  #prev: Sha256 = NO_HASH;
  #time = 0;
  #observed = 0;
  #tree = new MerkleFrontier();
  readonly #blocks = new BlockRoots();

  get size(): number {
    return this.#size;
  }

  /** Roots of the complete blocks of leaves. Those of lines that were taken back are written over by the next ones. */
  get blocks(): BlockRoots {
    return this.#blocks;
  }

  root(): Sha256 {
    return hex(this.#tree.root());
  }

  snapshot(): LogState {
    return {
      size: this.#size,
      bytes: this.#bytes,
      prev: this.#prev,
      time: this.#time,
      observed: this.#observed,
      tree: this.#tree.clone(),
    };
  }

  /** Forgets everything since `state`: those lines did not become durable. */
  restore(state: LogState): void {
    this.#size = state.size;
    this.#bytes = state.bytes;
    this.#prev = state.prev;
    this.#time = state.time;
    this.#observed = state.observed;
    this.#tree = state.tree.clone();
  }

  /**
   * Builds the lines of `entries`, adjacent, all at time `now` (ms). When the clock went back, a CLOCK_STEPPED_BACK
   * comes first, and the time stays where it was: `ts` never decreases. The result's last lines are those of `entries`.
   */
  append(entries: readonly PreparedEntry[], now: number): Line[] {
    const observed = Number.isFinite(now) ? Math.min(Math.max(0, Math.floor(now)), LAST_TIME) : this.#observed;
    const steppedBack = observed < this.#observed;
    this.#observed = observed;
    this.#time = Math.max(this.#time, observed);
    const all = steppedBack ? [clockEntry(observed, this.#time), ...entries] : entries;
    return all.map((entry) => this.#write(entry));
  }

  #write(entry: PreparedEntry): Line {
    const seq = this.#size;
    const bytes = writeLine(entry, seq, this.#prev, this.#time);
    this.#advance(bytes);
    return { seq, ts: iso(this.#time), hash: this.#prev, bytes };
  }

  /**
   * Takes over a stored line, LF included, as the next one.
   *
   * @throws AuditError `log_broken`, with `details.seq`, unless it is exactly what may follow.
   */
  accept(line: Uint8Array): Entry {
    const entry = this.#check(line);
    const time = Date.parse(entry.ts);
    if (entry.seq !== this.#size) throw this.#broken(`it says to be entry ${entry.seq}`);
    if (entry.prev !== this.#prev) throw this.#broken('it does not follow the entry before it');
    if (time < this.#time) throw this.#broken('it is earlier than the entry before it');
    this.#time = time;
    this.#observed = time;
    this.#advance(line);
    return entry;
  }

  /**
   * Takes over a stored line that a signed head covers: into the tree only, at a third of the cost. Once the root equals
   * the signed one, these are the bytes that were checked when they were built; then {@link resume} goes on from them.
   */
  acceptSigned(line: Uint8Array): void {
    this.#grow(line);
  }

  /** Goes on after `last`, the newest of the lines given to {@link acceptSigned}. @throws AuditError `log_broken` */
  resume(last: Uint8Array): void {
    const { seq, ts } = parseLine(last);
    if (seq !== this.#size - 1) throw new AuditError('log_broken', `entry ${this.#size - 1} says to be entry ${seq}`);
    this.#prev = hex(sha256(last));
    this.#time = Date.parse(ts);
    this.#observed = this.#time;
  }

  #check(line: Uint8Array): Entry {
    try {
      return parseLine(line);
    } catch (cause) {
      if (cause instanceof AuditError) throw this.#broken(cause.message, cause);
      throw cause;
    }
  }

  #advance(line: Uint8Array): void {
    this.#prev = hex(sha256(line));
    this.#grow(line);
  }

  #grow(line: Uint8Array): void {
    this.#tree.append(leafHash(line), (level, root) => this.#blocks.keep(level, this.#size, root));
    this.#size++;
    this.#bytes += line.length;
  }

  #broken(why: string, cause?: unknown): AuditError {
    return new AuditError('log_broken', `entry ${this.#size} of the log does not hold: ${why}`, {
      advice: 'The log was changed outside of the app. Export it as evidence, then restore from a backup.',
      details: { seq: this.#size },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const iso = (time: number): string => new Date(time).toISOString();

const clockEntry = (observed: number, heldAt: number): PreparedEntry =>
  prepareEntry({
    type: 'CLOCK_STEPPED_BACK',
    severity: 'WARNING',
    data: { observed: iso(observed), held_at: iso(heldAt) },
  });
