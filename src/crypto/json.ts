import { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import type { Json } from '../protocol/json';
import { fromUtf8 } from './encoding';
import { jcs } from './jcs';

export type JsonCode = 'bad_json' | 'duplicate_key' | 'too_deep' | 'not_canonical';
export class JsonError extends SovereignError<JsonCode> {
  override readonly name = 'JsonError';
}

/**
 * Strict JSON (RFC 8259 restricted to I-JSON, RFC 7493): UTF-8 without a byte order mark, no duplicate keys, no lone
 * surrogates, no number outside the doubles. `JSON.parse` keeps the last of two equal keys in silence, and two readers
 * that keep different ones see two different documents under one signature.
 *
 * @throws JsonError `bad_json`, `duplicate_key`, `too_deep` (past `LIMITS.jsonDepth`); `details.offset` in characters.
 */
export function parseJson(bytes: Uint8Array): Json {
  return new Parser(decode(bytes)).document();
}

/**
 * {@link parseJson} of bytes that must be their own RFC 8785 form: one value, one spelling.
 *
 * @throws JsonError as parseJson, and `not_canonical`.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  const text = decode(bytes);
  const value = fastCanonical(text);
  if (value !== undefined) return value;
  new Parser(text).document();
  throw new JsonError('not_canonical', 'not in RFC 8785 canonical form');
}

/**
 * The platform's parser is three times as fast, and safe here: a duplicate key or any other spelling does not come back
 * from `jcs`. What it refuses, or the engine's stack, is left to the strict parser to name.
 */
function fastCanonical(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return jcs(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new JsonError('bad_json', 'not UTF-8', { cause });
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const QUOTE = 34;
const BACKSLASH = 92;

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) this.fail('text after the value');
    return value;
  }

  private value(depth: number): Json {
    if (depth > LIMITS.jsonDepth) this.fail(`deeper than ${LIMITS.jsonDepth} levels`, 'too_deep');
    this.space();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(depth: number): Json {
    const out: Record<string, Json> = {};
    this.at += 1;
    if (this.closes('}')) return out;
    do {
      this.space();
      if (this.text[this.at] !== '"') this.fail('a key is not a string');
      const key = this.string();
      if (Object.hasOwn(out, key)) this.fail(`the key ${JSON.stringify(key)} stands twice`, 'duplicate_key');
      this.space();
      this.expect(':');
      const value = this.value(depth + 1);
      // Assigning `__proto__` would set the prototype and lose the key.
      Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true });
    } while (this.goesOn('}'));
    return out;
  }

  private array(depth: number): Json {
    const out: Json[] = [];
    this.at += 1;
    if (this.closes(']')) return out;
    do out.push(this.value(depth + 1));
    while (this.goesOn(']'));
    return out;
  }

  private string(): string {
    const start = this.at;
    for (let i = start + 1; i < this.text.length; i++) {
      const unit = this.text.charCodeAt(i);
      if (unit === BACKSLASH) i += 1;
      else if (unit === QUOTE) {
        this.at = i + 1;
        return this.unquote(start);
      }
    }
    return this.fail('a string has no end');
  }

  /** The platform's parser knows the escapes and refuses control characters; a lone string has no keys to lose. */
  private unquote(start: number): string {
    let value: string;
    try {
      value = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      return this.fail('a malformed string', 'bad_json', start);
    }
    return value.isWellFormed() ? value : this.fail('a string holds a lone surrogate', 'bad_json', start);
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const lexeme = NUMBER.exec(this.text)?.[0] ?? this.fail('not a JSON value');
    const value = Number(lexeme);
    if (!Number.isFinite(value)) this.fail('a number outside the doubles');
    this.at += lexeme.length;
    return value;
  }

  private word<T extends Json>(text: string, value: T): T {
    if (!this.text.startsWith(text, this.at)) this.fail('not a JSON value');
    this.at += text.length;
    return value;
  }

  /** After an element: true at a comma, false at the closing bracket. */
  private goesOn(close: string): boolean {
    if (this.closes(close)) return false;
    this.expect(',');
    return true;
  }

  private closes(close: string): boolean {
    this.space();
    if (this.text[this.at] !== close) return false;
    this.at += 1;
    return true;
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) this.fail(`'${char}' expected`);
    this.at += 1;
  }

  private space(): void {
    const char = this.text.charCodeAt(this.at);
    if (char > 32) return;
    SPACE.lastIndex = this.at;
    this.at += SPACE.exec(this.text)?.[0].length ?? 0;
  }

  private fail(what: string, code: JsonCode = 'bad_json', offset = this.at): never {
    throw new JsonError(code, `${what} at character ${offset}`, { details: { offset } });
  }
}
