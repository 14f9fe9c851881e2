import type { Host } from '../host';
import { Stop } from '../stop';
import { LIMITS } from '../../../protocol/limits';
import { concat } from '../../../crypto';

const NEWLINE = 10;

/** A program's standard streams: its input, its output, and its log. */
export class Streams {
  readonly #host: Host;
  readonly #input: Uint8Array;
  readonly #output: Uint8Array[] = [];
  #read = 0;
  #written = 0;
  #line: Uint8Array[] = [];
  #lineBytes = 0;

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
    return concat(...this.#output);
  }

  /** @throws Stop `bad_output` past the limit */
  write(bytes: Uint8Array): void {
    const { outputBytes } = this.#host.limits;
    this.#written += bytes.length;
    if (this.#written > outputBytes)
      throw new Stop('bad_output', `it answered ${this.#written} bytes and may answer ${outputBytes}`);
    if (bytes.length > 0) this.#output.push(bytes);
  }

  /** A line of the log for each line of the stream. */
  log(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      // A byte is paid for as a byte, which a line that is dropped must not cost more than.
      if (this.#host.isLogFull) return;
      this.#line.push(bytes.subarray(from, end));
      this.flush();
      from = end + 1;
    }
    if (from === bytes.length) return;
    this.#line.push(bytes.subarray(from));
    this.#lineBytes += bytes.length - from;
    // A line without an end must not fill the memory.
    if (this.#lineBytes > LIMITS.skillLogBytes) this.flush();
  }

  flush(): void {
    if (this.#line.length > 0) this.#host.log(concat(...this.#line));
    this.#line = [];
    this.#lineBytes = 0;
  }
}
