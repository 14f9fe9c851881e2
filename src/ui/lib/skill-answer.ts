import type { Json, JsonObject } from '../../protocol/json';

/** Rows of a table that are drawn. */
export const SHOWN_ROWS = 200;

/** A skill's answer as it is shown. */
export interface Answer {
  shown: string;
  kind: 'text' | 'json';
  /** Why the skill could not use its input, in its own words. */
  refusal?: string;
  table?: { columns: string[]; rows: string[][]; more: number };
}

/** @param asTable the answer may be columns and rows */
export function readAnswer(text: string, asTable: boolean): Answer {
  const json = parsed(text);
  if (typeof json !== 'object' || json === null) return { shown: text, kind: 'text' };
  const fields = Array.isArray(json) ? {} : (json as JsonObject);
  const refusal = refusalIn(fields);
  const table = asTable ? tableIn(fields) : undefined;
  // Only where nothing is lost: a number may be longer than a double.
  const whole = JSON.stringify(json) === text.trim();
  return {
    shown: whole ? JSON.stringify(json, null, 2) : text,
    kind: 'json',
    ...(refusal === undefined ? {} : { refusal }),
    ...(table ? { table } : {}),
  };
}

/** Name and type of the file that the output is saved as. */
export const outputName = (skill: string, answer: Answer | undefined): [name: string, type: string] => {
  if (!answer) return [`${skill}-output`, 'application/octet-stream'];
  return answer.kind === 'json'
    ? [`${skill}-output.json`, 'application/json']
    : [`${skill}-output.txt`, 'text/plain;charset=utf-8'];
};

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `{"error":{"code","message"}}`, as the skills of the build answer: docs/skills.md. */
function refusalIn(json: JsonObject): string | undefined {
  if (Object.keys(json).join() !== 'error') return undefined;
  const { message } = (json['error'] ?? {}) as JsonObject;
  return typeof message === 'string' ? message : undefined;
}

function tableIn({ columns, rows }: JsonObject): Answer['table'] {
  if (!Array.isArray(columns) || !Array.isArray(rows)) return undefined;
  const cells = (row: Json): string[] => (Array.isArray(row) ? row.map(cell) : []);
  const shown = rows.slice(0, SHOWN_ROWS);
  return { columns: columns.map(cell), rows: shown.map(cells), more: rows.length - shown.length };
}

const cell = (value: Json): string => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));
