import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { JsonScanner, Kind } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';
import { Item, List } from './list';
import { readMarkdown } from './markdown';

export { alloc } from '../../lib/abi';

const MOST_ITEMS = 10_000;
const MOST_TEXT: usize = 4096;

/** `{"list"?,"title"?,"do"?:[…]}`, in any order of keys but `list` first → the list as it is then, as JSON and Markdown */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  let list: List | null = null;
  let acted = false;
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('list') && list === null && !acted) {
      list = scanner.kind() == Kind.Text ? readMarkdown(scanner, scanner.slice()) : readList(scanner);
    } else if (key.is('do') && !acted) {
      if (list === null) list = new List();
      readActions(scanner, list);
      acted = true;
    } else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (list === null) list = new List();
  if (list.items.length > MOST_ITEMS) scanner.refuse('the list has more than 10000 items');
  if (scanner.failed) return answerBadInput(scanner);
  const out = new ByteWriter(4096);
  list.writeJson(out);
  return answer(out);
}

/** As this skill writes it; what follows from the items (done, percent, …) is not read. */
function readList(scanner: JsonScanner): List {
  const list = new List();
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('title')) list.title = readText(scanner, 0);
    else if (key.is('items')) readItems(scanner, list);
    else if (key.is('markdown')) scanner.slice();
    else if (key.is('done') || key.is('percent') || key.is('total')) scanner.integer(0, i32.MAX_VALUE);
    else scanner.fail('is not known in a list', key);
  }
  return list;
}

function readItems(scanner: JsonScanner, list: List): void {
  scanner.beginArray();
  while (scanner.nextItem()) {
    const item = new Item(new Slice(0, 0), false);
    scanner.beginObject();
    for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
      if (key.is('text')) item.text = readText(scanner, 1);
      else if (key.is('done')) item.done = scanner.flag();
      else scanner.fail('is not known in an item', key);
    }
    if (item.text.length == 0) scanner.fail('an item has no text');
    list.items.push(item);
  }
}

/** Each an object with one key; items are named by their place, counting from 1, as it is at that moment. */
function readActions(scanner: JsonScanner, list: List): void {
  scanner.beginArray();
  while (scanner.nextItem()) {
    scanner.beginObject();
    const key = scanner.nextName();
    if (key === null) scanner.fail('an action is empty');
    else act(scanner, list, key);
    if (scanner.nextName() !== null) scanner.fail('an action has more than one key');
    if (list.items.length > MOST_ITEMS) scanner.fail('the list has more than 10000 items');
  }
}

function act(scanner: JsonScanner, list: List, key: Slice): void {
  if (key.is('title')) list.title = readText(scanner, 0);
  else if (key.is('add')) list.items.push(new Item(readText(scanner, 1), false));
  else if (key.is('tick')) mark(scanner, list, true);
  else if (key.is('untick')) mark(scanner, list, false);
  else if (key.is('remove')) {
    const place = scanner.integer(1, list.items.length);
    if (place > 0) list.items.splice(place - 1, 1);
  } else scanner.fail('is no action', key);
}

function mark(scanner: JsonScanner, list: List, done: bool): void {
  const place = scanner.integer(1, list.items.length);
  if (place > 0) list.items[place - 1].done = done;
}

/** One line, without white space at its ends: what Markdown gives back as it was. */
function readText(scanner: JsonScanner, least: usize): Slice {
  const text = scanner.slice();
  while (text.end > text.start && load<u8>(text.end - 1) <= 0x20) text.end--;
  while (text.end > text.start && load<u8>(text.start) <= 0x20) text.start++;
  for (let at = text.start; at < text.end; at++) {
    if (load<u8>(at) < 0x20) scanner.fail('a text has a control character');
  }
  if (text.length < least || text.length > MOST_TEXT) scanner.fail('a text has 1 to 4096 bytes');
  return text;
}
