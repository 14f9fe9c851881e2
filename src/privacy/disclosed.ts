import { JsonError, jcs, parseCanonical, utf8 } from '../crypto';
import type { Json, JsonObject } from '../protocol/json';
import { isSalt, type Opening } from './hidden';

/** One field that the exporter shows: a line of `disclosed/openings.jsonl`. */
export interface Disclosure extends Opening {
  readonly seq: number;
  /** RFC 6901, from the entry on: `/data/note`. */
  readonly pointer: string;
}

/** JCS lines in order of entry, then pointer: the same fields give the same bytes. */
export function formatDisclosures(disclosures: readonly Disclosure[]): Uint8Array<ArrayBuffer> {
  const ordered = [...disclosures].sort(inOrder);
  return utf8(ordered.map(({ seq, pointer, salt, value }) => `${jcs({ seq, pointer, salt, value })}\n`).join(''));
}

const inOrder = (a: Disclosure, b: Disclosure): number =>
  a.seq - b.seq || (a.pointer < b.pointer ? -1 : a.pointer > b.pointer ? 1 : 0);

/** One line without its LF, strictly as {@link formatDisclosures} writes it; `undefined` for anything else. */
export function parseDisclosure(line: Uint8Array): Disclosure | undefined {
  let json: Json;
  try {
    json = parseCanonical(line);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { seq, pointer, salt, value, ...more } = json as JsonObject;
  if (Object.keys(more).length > 0 || value === undefined || !isSalt(salt) || typeof pointer !== 'string')
    return undefined;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined;
  return { seq, pointer, salt, value };
}
