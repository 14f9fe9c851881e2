import type { JsonObject } from '../../protocol/json';

/** One change, as the skill takes it: docs/skills.md. */
type Change = { title: string } | { add: string } | { tick: number } | { untick: number } | { remove: number };

/** A checklist as the skill answered it, and the changes since, which the next run makes. */
export interface ChecklistDraft {
  /** What the skill answered; null before its first answer. */
  answer: JsonObject | null;
  title: string;
  items: { text: string; done: boolean }[];
  changes: Change[];
}

export const emptyChecklist = (): ChecklistDraft => ({ answer: null, title: '', items: [], changes: [] });

/** Undefined for what is no answer of the skill. */
export function checklistOf(text: string): ChecklistDraft | undefined {
  const answer = JSON.parse(text) as JsonObject;
  const { title, items } = answer as unknown as Partial<ChecklistDraft>;
  if (typeof title !== 'string' || !Array.isArray(items)) return undefined;
  return { answer, title, items: items.map(({ text: name, done }) => ({ text: name, done })), changes: [] };
}

/** Places count from 0 here, from 1 in a change. */
export function tick(list: ChecklistDraft, place: number): void {
  const item = list.items[place]!;
  item.done = !item.done;
  list.changes.push(item.done ? { tick: place + 1 } : { untick: place + 1 });
}

export function remove(list: ChecklistDraft, place: number): void {
  list.items.splice(place, 1);
  list.changes.push({ remove: place + 1 });
}

export function add(list: ChecklistDraft, text: string): void {
  list.items.push({ text, done: false });
  list.changes.push({ add: text });
}

export function rename(list: ChecklistDraft, title: string): void {
  list.title = title;
  list.changes.push({ title });
}
