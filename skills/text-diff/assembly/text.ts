import { Interner } from '../../lib/intern';
import { Slice } from '../../lib/slice';

/** A text's lines, each with its line feed; equal lines have equal numbers. */
export class Text {
  numbers: StaticArray<i32>;

  constructor(text: Slice, interner: Interner) {
    this.numbers = new StaticArray<i32>(countLines(text));
    let line = 0;
    for (let start = text.start; start < text.end; line++) {
      let end = start;
      while (end < text.end && load<u8>(end) != 0x0a) end++;
      if (end < text.end) end++;
      this.numbers[line] = interner.number(new Slice(start, end));
      start = end;
    }
  }
}

function countLines(text: Slice): i32 {
  let lines = 0;
  for (let at = text.start; at < text.end; at++) if (load<u8>(at) == 0x0a) lines++;
  const open = text.end > text.start && load<u8>(text.end - 1) != 0x0a;
  return open ? lines + 1 : lines;
}
