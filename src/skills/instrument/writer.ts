import { utf8 } from '../../crypto';

/** A growing byte string in the binary format's primitives (WebAssembly core 2.0, §5.2). */
export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  #room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  u8(...values: number[]): void {
    this.#room(values.length);
    for (let i = 0; i < values.length; i++) this.bytes[this.length++] = values[i]!;
  }

  span(source: Uint8Array, start: number, end: number): void {
    this.#room(end - start);
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  u32(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** An instruction with one unsigned immediate. */
  op(opcode: number, index: number): void {
    this.#room(6);
    this.bytes[this.length++] = opcode;
    this.u32(index);
  }

  /** A constant of 32 bits or, as no larger one is written but the initial gas, a small one of 64. */
  s32(value: number): void {
    this.#room(5);
    let rest = value | 0;
    while (rest > 63 || rest < -64) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  s64(value: bigint): void {
    let rest = value;
    while (rest > 63n || rest < -64n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest & 0x7fn));
  }

  name(text: string): void {
    const bytes = utf8(text);
    this.u32(bytes.length);
    this.span(bytes, 0, bytes.length);
  }

  /** A section whose contents `write` makes. */
  section(id: number, write: (contents: Writer) => void): void {
    const contents = new Writer(256);
    write(contents);
    this.u8(id);
    this.u32(contents.length);
    this.span(contents.bytes, 0, contents.length);
  }
}
