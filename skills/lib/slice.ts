/** A run of bytes, of the input or of the skill's own. */
export class Slice {
  constructor(
    public start: usize,
    public end: usize,
  ) {}

  get length(): usize {
    return this.end - this.start;
  }

  /** Whether it is this ASCII word. */
  is(word: string): bool {
    if (this.length != (word.length as usize)) return false;
    for (let i = 0; i < word.length; i++) {
      if (load<u8>(this.start + i) != (word.charCodeAt(i) as u8)) return false;
    }
    return true;
  }
}

/** Negative, zero or positive: byte by byte, so by code point where both are UTF-8. */
export function compareBytes(a: Slice, b: Slice): i32 {
  const common = min(a.length, b.length);
  for (let i: usize = 0; i < common; i++) {
    const order = (load<u8>(a.start + i) as i32) - (load<u8>(b.start + i) as i32);
    if (order != 0) return order;
  }
  return (a.length as i32) - (b.length as i32);
}

export function hasTwice(slices: Slice[]): bool {
  for (let i = 1; i < slices.length; i++) if (isAmong(slices[i], slices, i)) return true;
  return false;
}

/** Whether it is one of the first `count`. */
export function isAmong(slice: Slice, slices: Slice[], count: i32): bool {
  for (let i = 0; i < count; i++) if (compareBytes(slice, slices[i]) == 0) return true;
  return false;
}
