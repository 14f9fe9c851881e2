import { ByteWriter } from '../../lib/bytes';
import { JsonScanner } from '../../lib/json-scanner';
import { isAmong, Slice } from '../../lib/slice';
import { readMoment } from './time';

export const enum Frequency {
  None,
  Minutely,
  Hourly,
  Daily,
  Weekly,
  Monthly,
  Yearly,
}

const FREQUENCIES: StaticArray<string> = ['', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const WEEKDAYS = 'MOTUWETHFRSASU';

/** A recurrence rule: the subset of RFC 5545, 3.3.10, that docs/skills.md names. */
export class Rule {
  frequency: Frequency = Frequency.None;
  interval: i32 = 1;
  /** 0: without end. */
  count: i32 = 0;
  /** The last moment, on the reminder's clock. */
  until: i64 = i64.MAX_VALUE;
  /** In UTC rather than on the reminder's clock. */
  untilIsUtc: bool = false;
  /** Bits: 0 is Monday. */
  weekdays: i32 = 0;
  /** For BYDAY with numbers: which (1 the first, -1 the last), and what weekday. */
  nths: i32[] = [];
  nthDays: i32[] = [];
  monthDays: i32[] = [];
  /** Bits: 1 is January. */
  months: i32 = 0;
}

/** Reads `FREQ=…;…`; what is wrong the scanner tells. */
export function readRule(scanner: JsonScanner, text: Slice): Rule {
  const rule = new Rule();
  const seen: Slice[] = [];
  for (let start = text.start; start < text.end;) {
    let end = start;
    while (end < text.end && load<u8>(end) != 0x3b) end++;
    const part = new Slice(start, end);
    if (!readPart(rule, part, seen)) scanner.fail('is no part of a rule that is known here, or not there', part);
    start = end + 1;
  }
  const isClock = rule.frequency == Frequency.Minutely || rule.frequency == Frequency.Hourly;
  const hasDays = rule.weekdays != 0 || rule.nths.length > 0;
  const isWrong =
    rule.frequency == Frequency.None ||
    (isClock && (hasDays || rule.monthDays.length > 0 || rule.months != 0)) ||
    (rule.nths.length > 0 && rule.frequency < Frequency.Monthly) ||
    (rule.monthDays.length > 0 && (hasDays || rule.frequency < Frequency.Monthly)) ||
    (rule.count > 0 && rule.until != i64.MAX_VALUE) ||
    (rule.frequency == Frequency.Yearly && hasDays && rule.months == 0);
  if (isWrong) scanner.fail('is no rule that is known here', text);
  return rule;
}

function readPart(rule: Rule, part: Slice, seen: Slice[]): bool {
  let split = part.start;
  while (split < part.end && load<u8>(split) != 0x3d) split++;
  const name = new Slice(part.start, split);
  if (isAmong(name, seen, seen.length)) return false;
  seen.push(name);
  const value = new Slice(min(split + 1, part.end), part.end);
  if (name.is('FREQ')) return readFrequency(rule, value);
  if (name.is('INTERVAL')) {
    rule.interval = number(value, 1, 10_000);
    return rule.interval > 0;
  }
  if (name.is('COUNT')) {
    rule.count = number(value, 1, 100_000);
    return rule.count > 0;
  }
  if (name.is('UNTIL')) return readUntil(rule, value);
  if (name.is('WKST')) return value.is('MO');
  let end = value.start - 1;
  do {
    const start = ++end;
    while (end < value.end && load<u8>(end) != 0x2c) end++;
    if (!readListed(rule, name, new Slice(start, end))) return false;
  } while (end < value.end);
  return true;
}

function readFrequency(rule: Rule, value: Slice): bool {
  for (let i = 1; i < FREQUENCIES.length; i++) if (value.is(FREQUENCIES[i])) rule.frequency = i;
  return rule.frequency != Frequency.None;
}

/** One of BYDAY's, BYMONTHDAY's or BYMONTH's values. */
function readListed(rule: Rule, name: Slice, value: Slice): bool {
  if (name.is('BYDAY')) return readWeekday(rule, value);
  if (name.is('BYMONTH')) {
    const month = number(value, 1, 12);
    rule.months |= 1 << month;
    return month > 0;
  }
  const day = number(value, -31, 31);
  rule.monthDays.push(day);
  return name.is('BYMONTHDAY') && day != 0;
}

function readWeekday(rule: Rule, value: Slice): bool {
  if (value.length < 2) return false;
  const letters = value.end - 2;
  let day = 0;
  while (day < 7 && !isWeekday(letters, day)) day++;
  if (day == 7) return false;
  if (letters == value.start) {
    rule.weekdays |= 1 << day;
    return true;
  }
  const nth = number(new Slice(value.start, letters), -5, 5);
  rule.nths.push(nth);
  rule.nthDays.push(day);
  return nth != 0;
}

function isWeekday(at: usize, day: i32): bool {
  return (
    load<u8>(at) == (WEEKDAYS.charCodeAt(day * 2) as u8) && load<u8>(at + 1) == (WEEKDAYS.charCodeAt(day * 2 + 1) as u8)
  );
}

/** `YYYYMMDDThhmmss` with or without `Z`: rewritten as a moment and read as one. */
function readUntil(rule: Rule, value: Slice): bool {
  if (value.length != 15 && value.length != 16) return false;
  const text = new ByteWriter(32);
  for (let i: usize = 0; i < 15; i++) {
    if (i == 4 || i == 6) text.u8(0x2d);
    if (i == 11 || i == 13) text.u8(0x3a);
    text.u8(load<u8>(value.start + i));
  }
  rule.untilIsUtc = value.length == 16;
  text.u8(rule.untilIsUtc ? load<u8>(value.end - 1) : 0x5a);
  const until = readMoment(new Slice(text.start, text.start + text.length));
  if (until === null) return false;
  rule.until = until.local;
  return true;
}

/** A whole number between the two, or 0, which is none that a rule has. */
function number(text: Slice, least: i32, most: i32): i32 {
  const isNegative = text.length > 0 && load<u8>(text.start) == 0x2d;
  let value = 0;
  const first = isNegative ? text.start + 1 : text.start;
  for (let at = first; at < text.end; at++) {
    const digit: u32 = load<u8>(at) - 0x30;
    if (digit > 9 || text.end - first > 6) return 0;
    value = value * 10 + digit;
  }
  if (isNegative) value = -value;
  return value < least || value > most ? 0 : value;
}
