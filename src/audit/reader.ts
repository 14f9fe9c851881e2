/** Random access to the log's lines: where each one ends, kept in memory at 8 bytes a line. */
import { concat } from '../crypto';
import type { LogStore } from '../storage';
import { AuditError } from './types';

export class LineReader {
  readonly #store: LogStore;
  readonly #ends: number[];

  /** `ends[i]` is the offset just after line `i`. */
  constructor(store: LogStore, ends: number[]) {
    this.#store = store;
    this.#ends = ends;
  }

  /** Takes over a line that became durable. */
  push(length: number): void {
    this.#ends.push((this.#ends.at(-1) ?? 0) + length);
  }

  /**
   * Lines [from, to), LF included; reads only their bytes.
   *
   * @throws AuditError `no_entry` when the log has no such lines, `log_broken` when the store no longer has them.
   */
  async *lines(from: number, to: number): AsyncIterable<Uint8Array> {
    const size = this.#ends.length;
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to && to <= size)) {
      throw new AuditError('no_entry', `the log has no entries [${from}, ${to}); its size is ${size}`);
    }
    let seq = from;
    let carried: Uint8Array = new Uint8Array();
    for await (const chunk of this.#store.read(this.#start(from), this.#start(to))) {
      const bytes = carried.length > 0 ? concat(carried, chunk) : chunk;
      const base = this.#start(seq);
      let at = 0;
      while (seq < to && this.#ends[seq]! - base <= bytes.length) {
        const end = this.#ends[seq]! - base;
        yield bytes.subarray(at, end);
        at = end;
        seq++;
      }
      carried = bytes.subarray(at);
    }
    if (seq < to) throw new AuditError('log_broken', `entry ${seq} is no longer stored`, { details: { seq } });
  }

  #start(seq: number): number {
    return seq === 0 ? 0 : this.#ends[seq - 1]!;
  }
}
