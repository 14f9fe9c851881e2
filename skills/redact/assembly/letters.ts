export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

export function isLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}

export function isAlphanumeric(byte: u32): bool {
  return isDigit(byte) || isLetter(byte);
}

/** Of a word in any language: what is not ASCII counts as a letter. */
export function isWordByte(byte: u32): bool {
  return isAlphanumeric(byte) || byte >= 0x80;
}

/** The byte, or 0 beyond the end. */
export function byteAt(at: usize, end: usize): u32 {
  return at < end ? load<u8>(at) : 0;
}
