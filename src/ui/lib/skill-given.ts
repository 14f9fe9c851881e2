import { LIMITS } from '../../protocol/limits';
import { SovereignError } from '../../protocol/errors';
import type { Json } from '../../protocol/json';
import type { ChecklistDraft } from './checklist';
import type { ReminderDraft } from './reminders';
import { bytes } from './format';

/** What a person filled into a skill's form, by the names of its fields. */
export interface Given {
  text: Record<string, string>;
  /** In place of the text of that name. */
  file: Record<string, File | undefined>;
  ticks: Record<string, string[]>;
  checklist: ChecklistDraft;
  reminders: ReminderDraft[];
}

/** @throws SovereignError `input_too_large` */
export async function bytesOf({ text, file }: Given, name: string): Promise<Uint8Array> {
  const picked = file[name];
  if (!picked) return new TextEncoder().encode(text[name] ?? '');
  if (picked.size > LIMITS.skillInputBytes)
    throw new SovereignError(
      'input_too_large',
      `${picked.name} is larger than the ${bytes(LIMITS.skillInputBytes)} that a skill takes.`,
      { advice: 'Choose a smaller file.' },
    );
  return new Uint8Array(await picked.arrayBuffer());
}

/** @throws SovereignError `bad_input` for a file that is no UTF-8 */
export async function textOf(given: Given, name: string): Promise<string> {
  if (!given.file[name]) return given.text[name] ?? '';
  const content = await bytesOf(given, name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw badInput(`${given.file[name].name} is not text in UTF-8.`, 'Choose another file, or paste its text.', cause);
  }
}

/** @param label what the field is called. @throws SovereignError `bad_input` */
export async function jsonOf(given: Given, name: string, label: string): Promise<Json> {
  const text = await textOf(given, name);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw badInput(`“${label}” is not JSON: ${(cause as Error).message}.`, 'Correct it and run again.', cause);
  }
}

export const badInput = (message: string, advice: string, cause?: unknown): SovereignError =>
  new SovereignError('bad_input', message, { advice, cause });
