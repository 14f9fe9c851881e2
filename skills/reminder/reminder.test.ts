import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBundled, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

interface Due {
  last: string | null;
  name: string;
  next: string[];
  seconds: number | null;
}
const due = (reminder: object, now = '2026-11-21T09:00:00Z', count = 5): Due =>
  (bundled.ask('reminder', { now, count, reminders: [{ name: 'x', ...reminder }] }) as unknown as { reminders: Due[] })
    .reminders[0]!;
const days = (reminder: object, now?: string, count?: number) =>
  due(reminder, now, count).next.map((time) => time.slice(0, 10));
const message = (task: unknown) => (bundled.ask('reminder', task) as { error: { message: string } }).error.message;

const DAY = 86_400_000;
const NAMES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
interface Rule {
  freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  interval: number;
  weekdays: number[];
  nth: number;
  monthDays: number[];
  months: number[];
}

/** Whether a day, in UTC, is one of the rule's: asked of each day on its own, as RFC 5545 words it. */
function matches(day: Date, start: Date, rule: Rule): boolean {
  const { freq, interval, weekdays, nth, monthDays, months } = rule;
  const name = (day.getUTCDay() + 6) % 7;
  const month = day.getUTCMonth() + 1;
  const length = new Date(Date.UTC(day.getUTCFullYear(), month, 0)).getUTCDate();
  const monday = (date: Date) => Math.floor(date.getTime() / DAY) - ((date.getUTCDay() + 6) % 7);
  const apart = {
    DAILY: (day.getTime() - start.getTime()) / DAY,
    WEEKLY: (monday(day) - monday(start)) / 7,
    MONTHLY: (day.getUTCFullYear() - start.getUTCFullYear()) * 12 + day.getUTCMonth() - start.getUTCMonth(),
    YEARLY: day.getUTCFullYear() - start.getUTCFullYear(),
  }[freq];
  if (apart < 0 || apart % interval !== 0 || (months.length > 0 && !months.includes(month))) return false;
  if (weekdays.length > 0) {
    if (!weekdays.includes(name)) return false;
    const forward = Math.ceil(day.getUTCDate() / 7);
    return nth === 0 || nth === forward || nth === -Math.ceil((length - day.getUTCDate() + 1) / 7);
  }
  if (monthDays.length > 0) return monthDays.some((d) => day.getUTCDate() === (d > 0 ? d : length + 1 + d));
  if (freq === 'DAILY') return true;
  if (freq === 'WEEKLY') return day.getUTCDay() === start.getUTCDay();
  if (day.getUTCDate() !== start.getUTCDate()) return false;
  return freq === 'MONTHLY' || months.length > 0 || day.getUTCMonth() === start.getUTCMonth();
}

function written({ freq, interval, weekdays, nth, monthDays, months }: Rule): string {
  const parts = [`FREQ=${freq}`, `INTERVAL=${interval}`];
  if (weekdays.length > 0) parts.push(`BYDAY=${weekdays.map((d) => `${nth === 0 ? '' : nth}${NAMES[d]!}`).join()}`);
  if (monthDays.length > 0) parts.push(`BYMONTHDAY=${monthDays.join()}`);
  if (months.length > 0) parts.push(`BYMONTH=${months.join()}`);
  return parts.join(';');
}

const some = <T>(...values: T[]) => fc.subarray(values, { maxLength: 3 });
const rule: fc.Arbitrary<Rule> = fc
  .record({
    freq: fc.constantFrom('DAILY' as const, 'WEEKLY' as const, 'MONTHLY' as const, 'YEARLY' as const),
    interval: fc.integer({ min: 1, max: 4 }),
    weekdays: some(0, 1, 2, 3, 4, 5, 6),
    nth: fc.constantFrom(0, 0, 1, 2, 5, -1, -2),
    monthDays: some(1, 15, 29, 30, 31, -1, -3),
    months: some(1, 2, 3, 6, 12),
  })
  .map((drawn) => {
    const coarse = drawn.freq === 'MONTHLY' || drawn.freq === 'YEARLY';
    const byDay = drawn.weekdays.length > 0 && (drawn.freq !== 'YEARLY' || drawn.months.length > 0);
    return {
      ...drawn,
      weekdays: byDay ? drawn.weekdays : [],
      nth: coarse && byDay ? drawn.nth : 0,
      monthDays: coarse && !byDay ? drawn.monthDays : [],
    };
  });

describe('reminder', () => {
  test('rules agree with asking each day on its own', () => {
    const first = Date.UTC(2019, 0, 1);
    fc.assert(
      fc.property(rule, fc.nat(900), fc.nat(1_500), (drawn, offset, later) => {
        const start = new Date(first + offset * DAY);
        const now = new Date(start.getTime() + later * DAY);
        const all = Array.from({ length: later + 1_500 }, (_, i) => new Date(start.getTime() + i * DAY));
        const hits = all.filter((day) => matches(day, start, drawn)).map((day) => day.toISOString().slice(0, 10));
        const at = now.toISOString().slice(0, 10);
        const found = due(
          { start: `${start.toISOString().slice(0, 10)}T07:30:00Z`, rule: written(drawn) },
          `${at}T07:30:00Z`,
          3,
        );
        const next = hits.filter((day) => day > at).slice(0, 3);
        expect(found.next.slice(0, next.length)).toEqual(next.map((day) => `${day}T07:30:00Z`));
        const last = hits.findLast((day) => day <= at);
        expect(found.last).toBe(last === undefined ? null : `${last}T07:30:00Z`);
      }),
      { numRuns: 500 },
    );
  });

  test('dates are those of the calendar, from year 1 to 9999', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-01T00:00:00Z') }),
        (ms) => {
          const time = `${new Date(ms).toISOString().slice(0, 19)}Z`;
          const found = due({ start: time, after: 60 }, time, 1);
          expect(found.next).toEqual([
            `${new Date(Math.floor(ms / 1000) * 1000 + 60_000).toISOString().slice(0, 19)}Z`,
          ]);
          expect(found.seconds).toBe(60);
        },
      ),
    );
  });

  test('a timer, before and after', () => {
    const timer = { start: '2026-11-21T08:58:00Z', after: 300 };
    expect(due(timer)).toEqual({ last: null, name: 'x', next: ['2026-11-21T09:03:00Z'], seconds: 180 });
    expect(due(timer, '2026-11-21T09:03:00Z')).toEqual({
      last: '2026-11-21T09:03:00Z',
      name: 'x',
      next: [],
      seconds: null,
    });
  });

  test('a reminder keeps to its own clock', () => {
    const found = due({ start: '2026-11-20T00:30:00+01:00', rule: 'FREQ=DAILY' }, '2026-11-20T23:00:00Z', 2);
    expect([found.last, ...found.next]).toEqual([
      '2026-11-20T00:30:00+01:00',
      '2026-11-21T00:30:00+01:00',
      '2026-11-22T00:30:00+01:00',
    ]);
    expect(found.seconds).toBe(1_800);
  });

  test('count, until and exclude end or thin a rule', () => {
    const start = '2026-11-20T08:00:00Z';
    expect(days({ start, rule: 'FREQ=DAILY;COUNT=4' })).toEqual(['2026-11-22', '2026-11-23']);
    expect(days({ start, rule: 'FREQ=DAILY;UNTIL=20261123T080000Z' })).toEqual(['2026-11-22', '2026-11-23']);
    expect(days({ start, rule: 'FREQ=DAILY;COUNT=4', exclude: ['2026-11-22T09:00:00+01:00'] })).toEqual(['2026-11-23']);
    expect(due({ start, rule: 'FREQ=HOURLY;INTERVAL=6;COUNT=9' }).next).toEqual([
      '2026-11-21T14:00:00Z',
      '2026-11-21T20:00:00Z',
      '2026-11-22T02:00:00Z',
      '2026-11-22T08:00:00Z',
    ]);
    expect(
      due({ start: '1990-01-01T00:00:00Z', rule: 'FREQ=MINUTELY;INTERVAL=7' }, undefined, 1).seconds,
    ).toBeLessThanOrEqual(420);
  });

  test('leap days come in leap years, and a rule that never comes ends', () => {
    expect(days({ start: '2096-02-29T00:00:00Z', rule: 'FREQ=YEARLY' }, '2096-03-01T00:00:00Z', 2)).toEqual([
      '2104-02-29',
      '2108-02-29',
    ]);
    expect(days({ start: '2026-01-01T00:00:00Z', rule: 'FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2' })).toEqual([]);
  });

  test.each([
    ['no time', { reminders: [] }, '"now" must be there'],
    ['a day that is not', { now: '2026-02-29T00:00:00Z' }, '"2026-02-29T00:00:00Z" is no time like'],
    ['a time without a zone', { now: '2026-02-20T00:00:00' }, 'is no time like'],
    ['no start', { now: '2026-02-20T00:00:00Z', reminders: [{}] }, 'has no "start"'],
  ])('%s is bad input', (_, task, expected) => {
    expect(message(task)).toContain(expected);
  });

  test.each([
    '',
    'FREQ=SOMETIMES',
    'INTERVAL=2',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;FREQ=DAILY',
    'FREQ=DAILY;BYHOUR=3',
    'FREQ=WEEKLY;BYDAY=XX',
    'FREQ=WEEKLY;BYDAY=1MO',
    'FREQ=MONTHLY;BYDAY=6MO',
    'FREQ=DAILY;BYMONTHDAY=1',
    'FREQ=YEARLY;BYDAY=MO',
    'FREQ=HOURLY;BYMONTH=1',
    'FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z',
    'FREQ=DAILY;UNTIL=2027',
    'FREQ=DAILY;WKST=SU',
    'FREQ=DAILY;;',
    'FREQ=DAILY;BYMONTH=13',
  ])('the rule “%s” is refused', (text) => {
    const reminders = [{ name: 'x', start: '2026-01-01T00:00:00Z', rule: text }];
    expect(message({ now: '2026-01-01T00:00:00Z', reminders })).toContain('known here');
  });
});
