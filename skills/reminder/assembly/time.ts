// Proleptic Gregorian days and times, after ISO 8601. A moment is seconds since 1970-01-01T00:00:00 on its own clock.
import { ByteWriter } from '../../lib/bytes';
import { Slice } from '../../lib/slice';

export const DAY: i64 = 86_400;

/** Days since 1970-01-01. Months count from 1; from March on, a year's days follow one formula. */
export function dayNumber(year: i32, month: i32, day: i32): i32 {
  const shifted = month > 2 ? year : year - 1;
  const months = month > 2 ? month - 3 : month + 9;
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (months * 153 + 2) / 5 + day - 719_469;
}

export function isLeap(year: i32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

export function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** A day by its parts. */
export class Day {
  year: i32;
  month: i32;
  day: i32;

  constructor(number: i32) {
    this.year = ((((number as i64) * 400) / 146_097) as i32) + 1970;
    while (dayNumber(this.year, 1, 1) > number) this.year--;
    while (dayNumber(this.year + 1, 1, 1) <= number) this.year++;
    this.month = 1;
    let rest = number - dayNumber(this.year, 1, 1);
    while (rest >= daysIn(this.year, this.month)) rest -= daysIn(this.year, this.month++);
    this.day = rest + 1;
  }
}

/** 0 is Monday. */
export function weekday(number: i32): i32 {
  return (((number + 3) % 7) + 7) % 7;
}

/** A moment on a clock that is `offset` seconds ahead of UTC. */
export class Moment {
  /** Seconds on its own clock. */
  local: i64 = 0;
  offset: i32 = 0;

  get utc(): i64 {
    return this.local - this.offset;
  }
}

/** `YYYY-MM-DDThh:mm:ss` and `Z` or `±hh:mm`, or null. */
export function readMoment(text: Slice): Moment | null {
  const at = text.start;
  const isShaped =
    (text.length == 20 || text.length == 25) &&
    fits(at, '0000-00-00T00:00:00') &&
    (text.length == 20 || fits(at + 20, '00:00'));
  if (!isShaped) return null;
  const year = digits(at, 4);
  const month = digits(at + 5, 2);
  const day = digits(at + 8, 2);
  const hour = digits(at + 11, 2);
  const minute = digits(at + 14, 2);
  const second = digits(at + 17, 2);
  if (year == 0 || month == 0 || month > 12 || day == 0 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const moment = new Moment();
  moment.local = (dayNumber(year, month, day) as i64) * DAY + hour * 3600 + minute * 60 + second;
  const sign = load<u8>(at + 19);
  if (text.length == 20) return sign == 0x5a ? moment : null;
  if ((sign != 0x2b && sign != 0x2d) || digits(at + 20, 2) > 14 || digits(at + 23, 2) > 59) return null;
  const offset = digits(at + 20, 2) * 3600 + digits(at + 23, 2) * 60;
  moment.offset = sign == 0x2b ? offset : -offset;
  return moment;
}

/** Whether a digit stands where the shape has 0, and else what the shape has. */
function fits(at: usize, shape: string): bool {
  for (let i = 0; i < shape.length; i++) {
    const byte = load<u8>(at + i);
    if (shape.charCodeAt(i) == 0x30 ? byte - 0x30 > 9 : byte != (shape.charCodeAt(i) as u8)) return false;
  }
  return true;
}

function digits(at: usize, count: i32): i32 {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 10 + load<u8>(at + i) - 0x30;
  return value;
}

/** As `readMoment` reads it, with quotes. */
export function writeMoment(out: ByteWriter, local: i64, offset: i32): void {
  const number = (local >= 0 ? local / DAY : (local - DAY + 1) / DAY) as i32;
  const second = (local - (number as i64) * DAY) as i32;
  const day = new Day(number);
  out.u8(0x22);
  pad(out, day.year, 4);
  out.u8(0x2d);
  pad(out, day.month, 2);
  out.u8(0x2d);
  pad(out, day.day, 2);
  out.u8(0x54);
  clock(out, second / 60);
  out.u8(0x3a);
  pad(out, second % 60, 2);
  if (offset == 0) out.u8(0x5a);
  else {
    out.u8(offset < 0 ? 0x2d : 0x2b);
    clock(out, abs(offset) / 60);
  }
  out.u8(0x22);
}

function clock(out: ByteWriter, minutes: i32): void {
  pad(out, minutes / 60, 2);
  out.u8(0x3a);
  pad(out, minutes % 60, 2);
}

function pad(out: ByteWriter, value: i32, width: i32): void {
  for (let least = width == 4 ? 1000 : 10; least > 1 && value < least; least /= 10) out.u8(0x30);
  out.integer(value);
}
