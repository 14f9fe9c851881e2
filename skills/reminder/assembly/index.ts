import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { JsonScanner } from '../../lib/json-scanner';
import { writeKey, writeSlice } from '../../lib/json-writer';
import { Slice } from '../../lib/slice';
import { Occurrences } from './occurrences';
import { Rule, readRule } from './rule';
import { Moment, readMoment, writeMoment } from './time';

export { alloc } from '../../lib/abi';

const MOST_SECONDS = 1_000_000_000;

class Reminder {
  name: Slice = new Slice(0, 0);
  start: Moment | null = null;
  after: i32 = 0;
  rule: Rule = new Rule();
  /** In UTC. */
  excluded: i64[] = [];
}

/** `{"now","reminders":[{"name","start","after"?,"rule"?,"exclude"?}],"count"?}` → when each was and will be due */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  const reminders: Reminder[] = [];
  let now: Moment | null = null;
  let count = 5;
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('now')) now = moment(scanner);
    else if (key.is('count')) count = scanner.integer(1, 100);
    else if (key.is('reminders')) {
      scanner.beginArray();
      while (scanner.nextItem()) reminders.push(readReminder(scanner));
    } else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (now === null) scanner.refuse('"now" must be there');
  if (scanner.failed) return answerBadInput(scanner);
  const out = new ByteWriter(1024);
  writeKey(out, 'now', true);
  writeMoment(out, now!.local, now!.offset);
  writeKey(out, 'reminders');
  out.u8(0x5b);
  for (let i = 0; i < reminders.length; i++) {
    if (i > 0) out.u8(0x2c);
    writeDue(out, reminders[i], now!.utc, count);
  }
  out.ascii(']}');
  return answer(out);
}

function moment(scanner: JsonScanner): Moment {
  const text = scanner.slice();
  const moment = readMoment(text);
  if (moment !== null) return moment;
  scanner.fail('is no time like 2026-01-31T09:00:00Z', text);
  return new Moment();
}

function readReminder(scanner: JsonScanner): Reminder {
  const reminder = new Reminder();
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('name')) reminder.name = scanner.slice();
    else if (key.is('start')) reminder.start = moment(scanner);
    else if (key.is('after')) reminder.after = scanner.integer(0, MOST_SECONDS);
    else if (key.is('rule')) reminder.rule = readRule(scanner, scanner.slice());
    else if (key.is('exclude')) {
      scanner.beginArray();
      while (scanner.nextItem()) reminder.excluded.push(moment(scanner).utc);
    } else scanner.fail('is not known in a reminder', key);
  }
  if (reminder.start === null) scanner.fail('a reminder has no "start"');
  return reminder;
}

/** `{"last","name","next","seconds"}`, on the reminder's own clock; seconds to the next. */
function writeDue(out: ByteWriter, reminder: Reminder, now: i64, count: i32): void {
  const start = reminder.start!;
  const offset = start.offset;
  const rule = reminder.rule;
  const until = rule.untilIsUtc ? rule.until + offset : rule.until;
  for (let i = 0; i < reminder.excluded.length; i++) reminder.excluded[i] += offset;
  const due = new Occurrences(rule, start.local + reminder.after, now + offset, until, reminder.excluded, count);
  writeKey(out, 'last', true);
  if (due.last == i64.MIN_VALUE) out.ascii('null');
  else writeMoment(out, due.last, offset);
  writeKey(out, 'name');
  writeSlice(out, reminder.name);
  writeKey(out, 'next');
  out.u8(0x5b);
  for (let i = 0; i < due.next.length; i++) {
    if (i > 0) out.u8(0x2c);
    writeMoment(out, due.next[i], offset);
  }
  out.u8(0x5d);
  writeKey(out, 'seconds');
  if (due.next.length == 0) out.ascii('null');
  else out.integer(due.next[0] - offset - now);
  out.u8(0x7d);
}
