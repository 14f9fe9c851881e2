import { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import { utf8 } from './encoding';

export type JcsCode = 'not_json' | 'too_deep';
export class JcsError extends SovereignError<JcsCode> {
  override readonly name = 'JcsError';
}

/**
 * RFC 8785 canonical JSON. ECMAScript's own number and string forms are the RFC's, so only key order is ours to do.
 *
 * @throws JcsError `not_json` for what I-JSON cannot carry: non-finite numbers, lone surrogates, `undefined`, functions,
 *   bigint, symbol keys, class instances, sparse arrays, cycles (as `too_deep`).
 */
export function jcs(value: unknown, depth = 0): string {
  return isInOrder(value, depth) ? JSON.stringify(value) : sorted(value, depth);
}

/**
 * Whether the platform's own writer, several times as fast, gives the canonical form: keys stand in their order, as they
 * do in what was parsed from it. For the rest, what is wrong included, there is {@link sorted}.
 */
function isInOrder(value: unknown, depth: number): boolean {
  if (depth > LIMITS.jsonDepth) return false;
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return false;
    for (let i = 0; i < value.length; i++) if (!isInOrder(value[i], depth + 1)) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  let last: string | undefined;
  for (const key of Object.keys(value)) {
    if ((last !== undefined && key <= last) || !key.isWellFormed()) return false;
    if (!isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    last = key;
  }
  return true;
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return (proto === Object.prototype || proto === null) && Object.getOwnPropertySymbols(value).length === 0;
}

function sorted(value: unknown, depth: number): string {
  if (depth > LIMITS.jsonDepth) throw new JcsError('too_deep', `JSON deeper than ${LIMITS.jsonDepth} levels`);
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new JcsError('not_json', `${value} is not a JSON number`);
      return JSON.stringify(value);
    case 'string':
      return string(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? array(value, depth) : object(value, depth);
    default:
      throw new JcsError('not_json', `a ${typeof value} is not JSON`);
  }
}

/** {@link jcs} as UTF-8 bytes: what is hashed and signed. */
export const jcsBytes = (value: unknown): Uint8Array<ArrayBuffer> => utf8(jcs(value));

function string(text: string): string {
  if (!text.isWellFormed()) throw new JcsError('not_json', 'a string holds a lone surrogate');
  return JSON.stringify(text);
}

function array(items: readonly unknown[], depth: number): string {
  const parts: string[] = [];
  for (let i = 0; i < items.length; i++) parts.push(sorted(items[i], depth + 1));
  return `[${parts.join(',')}]`;
}

function object(record: object, depth: number): string {
  const proto: unknown = Object.getPrototypeOf(record);
  if (proto !== Object.prototype && proto !== null) throw new JcsError('not_json', 'a class instance is not JSON');
  if (Object.getOwnPropertySymbols(record).length > 0) throw new JcsError('not_json', 'a symbol key is not JSON');
  // Array.prototype.sort compares UTF-16 code units, which is the order the RFC asks for.
  const keys = Object.keys(record).sort();
  const parts: string[] = [];
  for (const key of keys) parts.push(`${string(key)}:${sorted((record as Record<string, unknown>)[key], depth + 1)}`);
  return `{${parts.join(',')}}`;
}
