import { decimal } from '../../lib/decimal';
import { JsonScanner } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';
import { Item, List } from './list';

/** Reads `# title` (the first line that is not blank) and `- [ ] text`, `- [x] text`, `* [ ] text`. */
export function readMarkdown(scanner: JsonScanner, text: Slice): List {
  const list = new List();
  let line = 1;
  for (let start = text.start; start < text.end && !scanner.failed; line++) {
    let end = start;
    while (end < text.end && load<u8>(end) != 0x0a) end++;
    const next = end + 1;
    while (end > start && load<u8>(end - 1) <= 0x20) end--;
    while (start < end && load<u8>(start) == 0x20) start++;
    if (start < end) readLine(scanner, list, start, end, line);
    start = next;
  }
  return list;
}

function readLine(scanner: JsonScanner, list: List, start: usize, end: usize, line: i32): void {
  const first = load<u8>(start);
  const isTitle = first == 0x23 && load<u8>(start + 1) == 0x20 && list.title.length == 0 && list.items.length == 0;
  if (isTitle) {
    list.title = new Slice(start + 2, end);
    return;
  }
  const isBox =
    (first == 0x2d || first == 0x2a) &&
    end - start > 6 &&
    load<u16>(start + 1) == 0x5b20 &&
    load<u16>(start + 4) == 0x205d;
  const mark = isBox ? load<u8>(start + 3) | 0x20 : 0;
  if (mark == 0x20 || mark == 0x78) list.items.push(new Item(new Slice(start + 6, end), mark == 0x78));
  else scanner.refuse('line ' + decimal(line) + ' of the list is no title and no item');
}
