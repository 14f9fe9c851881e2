import { SovereignError } from '../../protocol/errors';
import { LIMITS } from '../../protocol/limits';

export type PythonJsonCode = 'bad_json' | 'too_deep' | 'too_many';

/** What Python's `json.loads` refuses, or what is past a limit; `details.offset` in UTF-16 code units. */
export class PythonJsonError extends SovereignError<PythonJsonCode> {
  override readonly name = 'PythonJsonError';
}

/** A number as it was spelled: Python tells 1 from 1.0, and keeps integers of any size. */
export class PythonNumber {
  constructor(readonly lexeme: string) {}
}

export type PythonValue = null | boolean | string | PythonNumber | readonly PythonValue[] | PythonObject;
/** A map, because `__proto__` is a key like any other and integer-like keys keep their place. */
export type PythonObject = ReadonlyMap<string, PythonValue>;

export interface PythonDocument {
  value: PythonValue;
  /** The first key that an object holds twice: Python keeps the last in silence, so a hash covers only that one. */
  duplicate?: { key: string; offset: number };
}

/**
 * Reads the JSON dialect of Python's `json.loads(text)` (strict, CPython 3.11): RFC 8259 and `NaN`, `Infinity`,
 * `-Infinity`, integers to 4,300 digits, lone surrogates in escapes, duplicate keys (the last wins, at the first's
 * place). White space is the four characters of RFC 8259.
 *
 * @throws PythonJsonError `bad_json`, `too_deep` (past `LIMITS.jsonDepth`), `too_many` (past `LIMITS.seedJsonValues`).
 */
export function parsePython(text: string): PythonDocument {
  return new Parser(text).document();
}

/** Python refuses to turn longer texts into integers (CVE-2020-10735). */
const INT_DIGITS = 4_300;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** All but the quote, the backslash and the control characters below the space. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Parser {
  #at = 0;
  #values = 0;
  #duplicate: PythonDocument['duplicate'];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PythonDocument {
    const value = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) this.#fail('text after the value');
    return this.#duplicate ? { value, duplicate: this.#duplicate } : { value };
  }

  #value(depth: number): PythonValue {
    if (depth > LIMITS.jsonDepth) this.#fail(`deeper than ${LIMITS.jsonDepth} levels`, 'too_deep');
    this.#values += 1;
    if (this.#values > LIMITS.seedJsonValues) this.#fail(`more than ${LIMITS.seedJsonValues} values`, 'too_many');
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      case 'N':
        return this.#word('NaN', new PythonNumber('NaN'));
      case 'I':
        return this.#word('Infinity', new PythonNumber('Infinity'));
      default:
        return this.#number();
    }
  }

  #object(depth: number): PythonObject {
    const object = new Map<string, PythonValue>();
    this.#at += 1;
    if (this.#next('}')) return object;
    for (;;) {
      this.#space();
      const offset = this.#at;
      if (this.#text[offset] !== '"') this.#fail('a key in quotes should stand here');
      const key = this.#string();
      if (object.has(key)) this.#duplicate ??= { key, offset };
      this.#expect(':');
      object.set(key, this.#value(depth));
      if (this.#next('}')) return object;
      this.#expect(',');
    }
  }

  #array(depth: number): readonly PythonValue[] {
    const array: PythonValue[] = [];
    this.#at += 1;
    if (this.#next(']')) return array;
    for (;;) {
      array.push(this.#value(depth));
      if (this.#next(']')) return array;
      this.#expect(',');
    }
  }

  /** At the opening quote. Two escapes that form a surrogate pair are one character, as in Python. */
  #string(): string {
    this.#at += 1;
    let out = this.#take(PLAIN);
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '"') break;
      if (char !== '\\') this.#fail(char === undefined ? 'a string without an end' : 'a control character in a string');
      out += this.#escape() + this.#take(PLAIN);
    }
    this.#at += 1;
    return out;
  }

  #escape(): string {
    const char = this.#text[this.#at + 1] ?? '';
    if (char === 'u') {
      this.#at += 2;
      const digits = this.#take(HEX4);
      if (digits === '') this.#fail('four hex digits should stand here');
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meant = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (meant === undefined) return this.#fail('an escape that JSON does not have');
    this.#at += 2;
    return meant;
  }

  #number(): PythonNumber {
    if (this.#text.startsWith('-Infinity', this.#at)) return this.#word('-Infinity', new PythonNumber('-Infinity'));
    const start = this.#at;
    const lexeme = this.#take(NUMBER);
    if (lexeme === '') this.#fail('a value should stand here');
    const number = new PythonNumber(lexeme);
    if (isInteger(number) && lexeme.replace('-', '').length > INT_DIGITS) {
      this.#at = start;
      this.#fail(`an integer of more than ${INT_DIGITS} digits`);
    }
    return number;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('a value should stand here');
    this.#at += word.length;
    return value;
  }

  #next(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#next(char)) this.#fail(`'${char}' should stand here`);
  }

  #space(): void {
    // Most places have none, and an expression is slow to say so.
    if (this.#text.charCodeAt(this.#at) <= 32) this.#take(SPACE);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(what: string, code: PythonJsonCode = 'bad_json'): never {
    const offset = this.#at;
    throw new PythonJsonError(code, `${what}, at character ${offset}`, { details: { offset } });
  }
}

/** Whether Python reads the number as an `int`; all others are `float`. */
export const isInteger = (number: PythonNumber): boolean => !/[.eENI]/.test(number.lexeme);
