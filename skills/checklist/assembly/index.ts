import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { decimal } from '../../lib/decimal';
import { JsonScanner, Kind } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';
import { Item, List } from './list';
import { readMarkdown } from './markdown';

export { alloc } from '../../lib/abi';

const MOST_ITEMS = 10_000;
const MOST_TEXT: usize = 4096;

const enum Act {
  Title,
  Add,
  Tick,
  Untick,
  Remove,
}

class Action {
  text: Slice = new Slice(0, 0);
  /** Counts from 1. */
  place: i32 = 0;

  constructor(public act: Act) {}
}

/** `{"list"?,"do"?:[…]}` → the list as it is after the actions, as JSON and Markdown */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  let list: List | null = null;
  let actions: Action[] | null = null;
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('list') && list === null) {
      list = scanner.kind() == Kind.Text ? readMarkdown(scanner, scanner.slice()) : readList(scanner);
    } else if (key.is('do') && actions === null) actions = readActions(scanner);
    else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (list === null) list = new List();
  if (actions !== null) actAll(scanner, list, actions);
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

/** Each an object with one key. */
function readActions(scanner: JsonScanner): Action[] {
  const actions: Action[] = [];
  scanner.beginArray();
  while (scanner.nextItem()) {
    scanner.beginObject();
    const key = scanner.nextName();
    if (key === null) scanner.fail('an action is empty');
    else actions.push(readAction(scanner, key));
    if (scanner.nextName() !== null) scanner.fail('an action has more than one key');
  }
  return actions;
}

function readAction(scanner: JsonScanner, key: Slice): Action {
  const action = new Action(Act.Title);
  if (key.is('add')) action.act = Act.Add;
  else if (key.is('tick')) action.act = Act.Tick;
  else if (key.is('untick')) action.act = Act.Untick;
  else if (key.is('remove')) action.act = Act.Remove;
  else if (!key.is('title')) scanner.fail('is no action', key);
  if (action.act <= Act.Add) action.text = readText(scanner, action.act == Act.Add ? 1 : 0);
  else action.place = scanner.integer(1, MOST_ITEMS);
  return action;
}

/** Items are named by their place as it is at that moment. */
function actAll(scanner: JsonScanner, list: List, actions: Action[]): void {
  for (let i = 0; i < actions.length && !scanner.failed; i++) {
    const action = actions[i];
    const place = action.place - 1;
    if (action.act == Act.Title) list.title = action.text;
    else if (action.act == Act.Add) list.items.push(new Item(action.text, false));
    else if (place >= list.items.length) {
      scanner.refuse('action ' + decimal(i + 1) + ' names item ' + decimal(place + 1) + ', which is not there');
    } else if (action.act == Act.Remove) list.items.splice(place, 1);
    else list.items[place].done = action.act == Act.Tick;
  }
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
