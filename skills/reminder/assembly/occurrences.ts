import { Frequency, Rule } from './rule';
import { Day, DAY, dayNumber, daysIn, weekday } from './time';

/** The last year that a date can have. */
const LAST_YEAR = 9999;

/** The moments of a rule from a start on, on the reminder's clock: the last that is past, and the next ones. */
export class Occurrences {
  last: i64 = i64.MIN_VALUE;
  next: i64[] = [];
  private counted: i32 = 0;
  private over: bool = false;
  private time: i64 = 0;
  private day: i32 = 0;
  private first: Day = new Day(0);

  /** @param until the last moment, @param excluded moments that do not count, @param wanted how many next ones */
  constructor(
    private rule: Rule,
    private start: i64,
    private now: i64,
    private until: i64,
    private excluded: i64[],
    private wanted: i32,
  ) {
    this.day = (start >= 0 ? start / DAY : (start - DAY + 1) / DAY) as i32;
    this.time = start - (this.day as i64) * DAY;
    this.first = new Day(this.day);
    const frequency = rule.frequency;
    if (frequency == Frequency.None) this.visit(start);
    else if (frequency <= Frequency.Hourly) this.steps(frequency == Frequency.Hourly ? 3600 : 60);
    else if (frequency == Frequency.Daily) this.days();
    else if (frequency == Frequency.Weekly) this.weeks();
    else if (frequency == Frequency.Monthly) this.months();
    else this.years();
  }

  private visit(moment: i64): void {
    this.over = this.over || moment > this.until || (this.rule.count > 0 && this.counted == this.rule.count);
    if (this.over) return;
    this.counted++;
    if (this.excluded.includes(moment)) return;
    if (moment <= this.now) this.last = moment;
    else this.next.push(moment);
    this.over = this.next.length == this.wanted;
  }

  private visitDay(number: i32): void {
    if (number >= this.day) this.visit((number as i64) * DAY + this.time);
  }

  private steps(unit: i64): void {
    const step = unit * this.rule.interval;
    const end = (dayNumber(LAST_YEAR, 12, 31) as i64) * DAY;
    let skip: i64 = 0;
    // What lies long past need not be counted one by one.
    if (this.now > this.start) skip = max((this.now - this.start) / step - this.excluded.length - 1, 0);
    if (this.rule.count > 0) skip = min(skip, max(this.rule.count - this.excluded.length - 2, 0));
    this.counted = skip as i32;
    for (let at = this.start + skip * step; !this.over && at < end; at += step) this.visit(at);
  }

  private days(): void {
    const end = dayNumber(LAST_YEAR, 12, 31);
    for (let number = this.day; !this.over && number <= end; number += this.rule.interval) {
      const isDay = this.rule.weekdays == 0 || has(this.rule.weekdays, weekday(number));
      if (isDay && this.isInMonth(number)) this.visitDay(number);
    }
  }

  private weeks(): void {
    const end = dayNumber(LAST_YEAR, 12, 24);
    const weekdays = this.rule.weekdays == 0 ? 1 << weekday(this.day) : this.rule.weekdays;
    const monday = this.day - weekday(this.day);
    for (let week = monday; !this.over && week <= end; week += 7 * this.rule.interval) {
      for (let day = 0; day < 7; day++) if (has(weekdays, day) && this.isInMonth(week + day)) this.visitDay(week + day);
    }
  }

  private isInMonth(number: i32): bool {
    return this.rule.months == 0 || has(this.rule.months, new Day(number).month);
  }

  private months(): void {
    let month = this.first.year * 12 + this.first.month - 1;
    for (; !this.over && month / 12 <= LAST_YEAR; month += this.rule.interval) {
      if (this.rule.months == 0 || has(this.rule.months, (month % 12) + 1)) this.month(month / 12, (month % 12) + 1);
    }
  }

  private years(): void {
    let months = this.rule.months;
    // Days of the month without months are those of every month.
    if (months == 0) months = this.rule.monthDays.length > 0 ? 0x1ffe : 1 << this.first.month;
    for (let year = this.first.year; !this.over && year <= LAST_YEAR; year += this.rule.interval) {
      for (let month = 1; month <= 12; month++) if (has(months, month)) this.month(year, month);
    }
  }

  private month(year: i32, month: i32): void {
    const length = daysIn(year, month);
    const start = dayNumber(year, month, 1);
    for (let day = 1; day <= length; day++)
      if (this.isDay(day, length, weekday(start + day - 1))) this.visitDay(start + day - 1);
  }

  private isDay(day: i32, length: i32, name: i32): bool {
    const rule = this.rule;
    if (rule.monthDays.length > 0) return rule.monthDays.includes(day) || rule.monthDays.includes(day - length - 1);
    if (rule.weekdays == 0 && rule.nths.length == 0) return day == this.first.day;
    if (has(rule.weekdays, name)) return true;
    for (let i = 0; i < rule.nths.length; i++) {
      const nth = rule.nths[i] > 0 ? (day + 6) / 7 : -((length - day + 7) / 7);
      if (rule.nthDays[i] == name && nth == rule.nths[i]) return true;
    }
    return false;
  }
}

function has(bits: i32, bit: i32): bool {
  return ((bits >> bit) & 1) != 0;
}
