import type { JsonObject } from '../../protocol/json';
import { badInput } from './skill-given';

export interface ReminderDraft {
  name: string;
  /** Local time as a browser's field has it: `2026-11-21T09:00`. */
  start: string;
  /** One of {@link RULES}, or `custom` for the rule beside it. */
  repeat: string;
  rule: string;
}

/** RFC 5545, as far as the skill knows it: docs/skills.md. */
export const RULES: readonly (readonly [rule: string, words: string])[] = [
  ['', 'Once'],
  ['FREQ=DAILY', 'Every day'],
  ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'Every working day'],
  ['FREQ=WEEKLY', 'Every week'],
  ['FREQ=MONTHLY', 'Every month'],
  ['FREQ=YEARLY', 'Every year'],
  ['custom', 'By a rule'],
];

export const newReminder = (now: Date): ReminderDraft => ({ name: '', start: localTime(now), repeat: '', rule: '' });

/** @throws SovereignError `bad_input` for a time that is none */
export function remindersInput(drafts: readonly ReminderDraft[], now: Date): JsonObject {
  const reminders = drafts.map(({ name, start, repeat, rule }) => {
    const at = new Date(start);
    if (start === '' || Number.isNaN(at.getTime()))
      throw badInput(`${name === '' ? 'A reminder' : name} has no start.`, 'Choose a day and a time.');
    const repeats = repeat === 'custom' ? rule.trim() : repeat;
    const begins = `${localTime(at)}:00${offset(at)}`;
    return { name, start: begins, ...(repeats === '' ? {} : { rule: repeats }) };
  });
  return { now: `${now.toISOString().slice(0, 19)}Z`, reminders };
}

const two = (n: number): string => String(n).padStart(2, '0');
const localTime = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

/** Of local time from UTC on that day, as `+01:00`. */
function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const whole = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}
