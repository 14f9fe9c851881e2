const LF = 10;

/**
 * Cuts a stream into lines, each with its LF; the last may lack it. A line longer than `limit` bytes is cut there and
 * the rest of it dropped, so that no line takes more memory than that.
 */
export class Lines {
  /** The beginning of a line whose end has not come yet. */
  #begun: Uint8Array[] = [];
  #bytes = 0;
  constructor(private readonly limit: number) {}

  /** The lines that end in this piece. They are the caller's until the next call. */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < piece.length;) {
      const lf = piece.indexOf(LF, at);
      if (lf < 0) return this.#keep(piece.subarray(at));
      yield this.#join(piece.subarray(at, lf + 1));
      at = lf + 1;
    }
  }

  /** What stands after the last LF, if anything. */
  *end(): Generator<Uint8Array> {
    if (this.#bytes > 0) yield this.#join(new Uint8Array());
  }

  #keep(part: Uint8Array): void {
    const fits = part.slice(0, this.limit - this.#bytes);
    if (fits.length === 0) return;
    this.#begun.push(fits);
    this.#bytes += fits.length;
  }

  #join(end: Uint8Array): Uint8Array {
    if (this.#bytes === 0) return end.subarray(0, this.limit);
    this.#keep(end);
    const line = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#begun) {
      line.set(part, at);
      at += part.length;
    }
    this.#begun = [];
    this.#bytes = 0;
    return line;
  }
}
