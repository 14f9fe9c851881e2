import { isInteger, PythonNumber, type PythonObject, type PythonValue } from './python';

/**
 * The text of Python's `json.dumps(value, sort_keys=True)` (CPython 3.11): separators `", "` and `": "`, all but
 * printable ASCII escaped (also 0x7f), keys by code point, `NaN` and infinities as words. Always ASCII.
 */
export function dumpsPython(value: PythonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quote(value);
  if (value instanceof PythonNumber)
    return isInteger(value) ? integer(value.lexeme) : pythonFloat(Number(value.lexeme));
  if (value instanceof Map) return object(value);
  return `[${(value as readonly PythonValue[]).map(dumpsPython).join(', ')}]`;
}

function object(value: PythonObject): string {
  let out = '';
  for (const key of [...value.keys()].sort(byCodePoint))
    out += `${out === '' ? '' : ', '}${quote(key)}: ${dumpsPython(value.get(key)!)}`;
  return `{${out}}`;
}

/** The grammar lets no other spelling of an integer through than Python's own, but for this one. */
const integer = (lexeme: string): string => (lexeme === '-0' ? '0' : lexeme);

/**
 * Python's `repr` of a double. Its digits are JavaScript's (the shortest that read back, and of these the nearest); it
 * leaves positional notation at 1e16 and below 1e-4, where JavaScript does at 1e21 and below 1e-6.
 */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const SPECIAL = /[^ !#-[\]-~]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

const quote = (text: string): string => `"${text.replace(SPECIAL, escape)}"`;

const escape = (unit: string): string => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Python compares texts by code point; JavaScript's own order is by UTF-16 unit and puts U+1F600 before U+FF5E. */
function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length;) {
    const x = a.codePointAt(i)!;
    const y = b.codePointAt(i)!;
    if (x !== y) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
