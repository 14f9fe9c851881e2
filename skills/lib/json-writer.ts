// Writes JSON as RFC 8785 (JCS) has it, provided that the caller writes keys in order.
import { ByteWriter } from './bytes';
import { writeNumber } from './format-number';

/** A string without lone surrogates, escaped as JCS does: only what must be. */
export function writeString(out: ByteWriter, text: string): void {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  out.u8(0x22);
  for (let i = 0; i < bytes.length; i++) writeCharacter(out, bytes[i]);
  out.u8(0x22);
}

/** The same for text that is UTF-8 already. */
export function writeUtf8(out: ByteWriter, start: usize, end: usize): void {
  out.u8(0x22);
  for (; start < end; start++) writeCharacter(out, load<u8>(start));
  out.u8(0x22);
}

function writeCharacter(out: ByteWriter, byte: u32): void {
  if (byte == 0x22 || byte == 0x5c) out.u8(0x5c);
  if (byte >= 0x20) return out.u8(byte);
  out.u8(0x5c);
  switch (byte) {
    case 0x08:
      return out.u8(0x62);
    case 0x09:
      return out.u8(0x74);
    case 0x0a:
      return out.u8(0x6e);
    case 0x0c:
      return out.u8(0x66);
    case 0x0d:
      return out.u8(0x72);
    default:
      out.ascii('u00');
      out.u8(0x30 + (byte >> 4));
      out.u8((byte & 15) < 10 ? 0x30 + (byte & 15) : 0x57 + (byte & 15));
  }
}

export function writeStrings(out: ByteWriter, texts: string[]): void {
  out.u8(0x5b);
  for (let i = 0; i < texts.length; i++) {
    if (i > 0) out.u8(0x2c);
    writeString(out, texts[i]);
  }
  out.u8(0x5d);
}

/** `count` numbers of an array, from `first` on. */
export function writeNumbers(out: ByteWriter, numbers: StaticArray<f64>, first: i32, count: i32): void {
  out.u8(0x5b);
  for (let i = 0; i < count; i++) {
    if (i > 0) out.u8(0x2c);
    writeNumber(out, numbers[first + i]);
  }
  out.u8(0x5d);
}

/** `,"key":` or, for the first of an object, `{"key":`. */
export function writeKey(out: ByteWriter, key: string, first: bool = false): void {
  out.u8(first ? 0x7b : 0x2c);
  writeString(out, key);
  out.u8(0x3a);
}
