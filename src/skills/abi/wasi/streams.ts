import type { Host } from '../host';
import { Stop } from '../stop';
import { LIMITS } from '../../../protocol/limits';

const NEWLINE = 10;

/** Grows at its end: a list of pieces would take more than they hold, and an engine takes only so many arguments. */
class Bytes {
  #bytes = new Uint8Array(1_024);
  length = 0;

  push(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.length);
    this.length = length;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

/** A program's standard streams: its input, its output, and its log. */
export class Streams {
  readonly #host: Host;
  readonly #input: Uint8Array;
  readonly #output = new Bytes();
  #read = 0;
  readonly #line = new Bytes();

  constructor(host: Host, input: Uint8Array) {
    this.#host = host;
    this.#input = input;
  }

  get unread(): Uint8Array {
    return this.#input.subarray(this.#read);
  }
  skip(bytes: number): void {
    this.#read += bytes;
  }

  get output(): Uint8Array {
    return this.#output.copy();
  }

  /** @throws Stop `bad_output` past the limit */
  write(bytes: Uint8Array): void {
    const { outputBytes } = this.#host.limits;
    const length = this.#output.length + bytes.length;
    if (length > outputBytes) throw new Stop('bad_output', `it answered ${length} bytes and may answer ${outputBytes}`);
    this.#output.push(bytes);
  }

  /** A line of the log for each line of the stream. */
  log(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      // A byte is paid for as a byte, which a line that is dropped must not cost more than.
      if (this.#host.isLogFull) return;
      this.#line.push(bytes.subarray(from, end));
      this.#end();
      from = end + 1;
    }
    this.#line.push(bytes.subarray(from));
    // A line without an end must not fill the memory.
    if (this.#line.length > LIMITS.skillLogBytes) this.flush();
  }

  flush(): void {
    if (this.#line.length > 0) this.#end();
  }

  #end(): void {
    this.#host.log(this.#line.copy());
    this.#line.length = 0;
  }
}
