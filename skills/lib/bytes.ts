/** A growing run of bytes. */
export class ByteWriter {
  start: usize;
  length: usize = 0;
  private capacity: usize;

  constructor(capacity: usize) {
    this.capacity = capacity;
    this.start = heap.alloc(capacity);
  }

  u8(byte: u32): void {
    if (this.length == this.capacity) this.double();
    store<u8>(this.start + this.length, byte);
    this.length++;
  }

  bytes(start: usize, length: usize): void {
    while (this.length + length > this.capacity) this.double();
    memory.copy(this.start + this.length, start, length);
    this.length += length;
  }

  private double(): void {
    this.capacity <<= 1;
    this.start = heap.realloc(this.start, this.capacity);
  }

  /** A whole number in decimal. */
  integer(value: i64): void {
    if (value < 0) {
      this.u8(0x2d);
      value = -value;
    }
    if (value > 9) this.integer(value / 10);
    this.u8(0x30 + ((value % 10) as u32));
  }

  /** Text of ours, known to be ASCII. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i));
  }
}

/** Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates. */
export function isUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const lead = load<u8>(at++);
    if (lead < 0x80) continue;
    let low: u8 = 0x80;
    let high: u8 = 0xbf;
    let more = 1;
    if (lead >= 0xc2 && lead <= 0xdf) more = 1;
    else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else return false;
    for (; more > 0; more--) {
      if (at >= end) return false;
      const byte = load<u8>(at++);
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xbf;
    }
  }
  return true;
}

/** Whether the bytes are those of an ASCII word. */
export function isWord(start: usize, end: usize, word: string): bool {
  if (end - start != (word.length as usize)) return false;
  for (let i = 0; i < word.length; i++) {
    if (load<u8>(start + i) != (word.charCodeAt(i) as u8)) return false;
  }
  return true;
}
