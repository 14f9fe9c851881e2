// Writes JSON as RFC 8785 (JCS) has it, provided that the caller writes keys in order.
import { ByteWriter } from './bytes';
import { Slice } from './slice';

/** UTF-8 text as a string, escaped as JCS does: only what must be. */
export function writeUtf8(out: ByteWriter, start: usize, end: usize): void {
  out.u8(0x22);
  writeCharacters(out, start, end);
  out.u8(0x22);
}

/** What stands between a string's quotes. */
export function writeCharacters(out: ByteWriter, start: usize, end: usize): void {
  for (; start < end; start++) writeCharacter(out, load<u8>(start));
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

/** Text of ours, known to be ASCII, as it stands between a string's quotes. */
export function writeAscii(out: ByteWriter, text: string): void {
  for (let i = 0; i < text.length; i++) writeCharacter(out, text.charCodeAt(i));
}

export function writeSlice(out: ByteWriter, text: Slice): void {
  writeUtf8(out, text.start, text.end);
}

export function writeSlices(out: ByteWriter, texts: Slice[]): void {
  out.u8(0x5b);
  for (let i = 0; i < texts.length; i++) {
    if (i > 0) out.u8(0x2c);
    writeSlice(out, texts[i]);
  }
  out.u8(0x5d);
}

/** `,"key":` or, for the first of an object, `{"key":`. The key is ASCII and needs no escape. */
export function writeKey(out: ByteWriter, key: string, first: bool = false): void {
  out.u8(first ? 0x7b : 0x2c);
  out.u8(0x22);
  out.ascii(key);
  out.u8(0x22);
  out.u8(0x3a);
}
