import { decimal } from './decimal';
import { scanNumber } from './parse-number';
import { Slice } from './slice';

/** The kinds of JSON value, by what they start with. */
export const enum Kind {
  None,
  Null,
  False,
  True,
  Number,
  Text,
  Array,
  Object,
}

/**
 * Pulls values out of JSON text (RFC 8259, UTF-8 already checked) in the order in which they come. The first thing that
 * is wrong is kept in `error`; from then on every method answers emptily and at once, so callers check once at the end.
 * Strings are unescaped where they stand, in the input: they only get shorter.
 */
export class JsonScanner {
  error: string = '';
  /** The text that the error speaks of, where it names one: said before it, in quotes. */
  about: Slice | null = null;
  protected at: usize;
  protected end: usize;
  protected start: usize;
  /** The next key or item is its container's first. */
  private first: bool = false;

  constructor(start: usize, length: usize) {
    this.start = start;
    this.at = start;
    this.end = start + length;
  }

  get failed(): bool {
    return this.error.length > 0;
  }

  fail(message: string, about: Slice | null = null): void {
    if (!this.failed) {
      this.error = message + ' (at byte ' + decimal(this.at - this.start) + ')';
      this.about = about;
    }
    this.at = this.end;
  }

  /** For flaws of meaning, which have no byte. */
  refuse(message: string): void {
    if (!this.failed) this.error = message;
    this.at = this.end;
  }

  protected peek(): u32 {
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return byte;
      this.at++;
    }
    return 0;
  }

  private take(byte: u32): bool {
    if (this.failed || this.peek() != byte) return false;
    this.at++;
    return true;
  }

  /** What the next value is, so far as its first byte tells. */
  kind(): Kind {
    const byte = this.failed ? 0 : this.peek();
    if (byte == 0x22) return Kind.Text;
    if (byte == 0x7b) return Kind.Object;
    if (byte == 0x5b) return Kind.Array;
    if (byte == 0x6e) return Kind.Null;
    if (byte == 0x74) return Kind.True;
    if (byte == 0x66) return Kind.False;
    return byte == 0x2d || byte - 0x30 < 10 ? Kind.Number : Kind.None;
  }

  beginObject(): void {
    if (!this.take(0x7b)) this.fail('expected an object');
    this.first = true;
  }

  /** The next key of the object, or null at its end. */
  nextName(): Slice | null {
    if (!this.more(0x7d)) return null;
    const key = this.slice();
    if (!this.take(0x3a)) this.fail('expected a colon');
    return this.failed ? null : key;
  }

  beginArray(): void {
    if (!this.take(0x5b)) this.fail('expected an array');
    this.first = true;
  }

  /** Whether the array has another item, which must then be read. */
  nextItem(): bool {
    return this.more(0x5d);
  }

  private more(close: u32): bool {
    if (this.failed) return false;
    if (this.take(close)) {
      this.first = false;
      return false;
    }
    if (!this.first && !this.take(0x2c)) this.fail('expected a comma or the end');
    this.first = false;
    return !this.failed;
  }

  /** `null`, `true` or `false`. */
  word(word: string): void {
    this.peek();
    const end = this.at + word.length;
    if (!this.failed && end <= this.end && new Slice(this.at, end).is(word)) this.at = end;
    else this.fail('expected ' + word);
  }

  /** The text of a number, `null`, `true` or `false`. */
  plain(): Slice {
    const kind = this.kind();
    const start = this.at;
    if (kind == Kind.Number) {
      const stop = scanNumber(this.at, this.end);
      if (stop == 0) this.fail('expected a number');
      else this.at = stop;
    } else this.word(kind == Kind.Null ? 'null' : kind == Kind.True ? 'true' : 'false');
    return new Slice(start, this.at);
  }

  /** `true` or `false`. */
  flag(): bool {
    const yes = this.kind() == Kind.True;
    this.word(yes ? 'true' : 'false');
    return yes;
  }

  /** A whole number from `least` to `most`, written as one. */
  integer(least: i32, most: i32): i32 {
    this.peek();
    const negative = this.at < this.end && load<u8>(this.at) == 0x2d;
    let at = negative ? this.at + 1 : this.at;
    const first = at;
    let value: i64 = 0;
    for (; at < this.end && load<u8>(at) - 0x30 < 10; at++)
      value = min<i64>(value * 10 + (load<u8>(at) - 0x30), 1 << 40);
    const next: u32 = at < this.end ? load<u8>(at) : 0;
    const zeros = at > first + 1 && load<u8>(first) == 0x30;
    if (negative) value = -value;
    if (this.failed || at == first || zeros || next == 0x2e || (next | 0x20) == 0x65 || value < least || value > most) {
      this.fail('expected a whole number from ' + decimal(least) + ' to ' + decimal(most));
      return 0;
    }
    this.at = at;
    return value as i32;
  }

  /** A string's bytes, unescaped. */
  slice(): Slice {
    if (!this.take(0x22)) {
      this.fail('expected a string');
      return new Slice(0, 0);
    }
    const start = this.at;
    let to = start;
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte < 0x20) break;
      this.at++;
      if (byte == 0x22) return new Slice(start, to);
      if (byte == 0x5c) to = this.escape(to);
      else store<u8>(to++, byte);
    }
    this.fail('a string does not end');
    return new Slice(0, 0);
  }

  private escape(to: usize): usize {
    const byte: u32 = this.at < this.end ? load<u8>(this.at++) : 0;
    let plain: u32 = 0;
    if (byte == 0x22 || byte == 0x5c || byte == 0x2f) plain = byte;
    else if (byte == 0x62) plain = 0x08;
    else if (byte == 0x66) plain = 0x0c;
    else if (byte == 0x6e) plain = 0x0a;
    else if (byte == 0x72) plain = 0x0d;
    else if (byte == 0x74) plain = 0x09;
    else if (byte == 0x75) return writePoint(to, this.point());
    else this.fail('a string holds an unknown escape');
    store<u8>(to, plain);
    return to + 1;
  }

  private point(): u32 {
    const unit = this.unit();
    if ((unit & 0xf800) != 0xd800) return unit;
    const paired = unit < 0xdc00 && this.at + 1 < this.end && load<u16>(this.at) == 0x755c;
    if (paired) {
      this.at += 2;
      const low = this.unit();
      if ((low & 0xfc00) == 0xdc00) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    this.fail('a string holds half a character');
    return 0;
  }

  private unit(): u32 {
    let unit: u32 = 0;
    for (let i = 0; i < 4; i++) {
      const byte: u32 = this.at < this.end ? load<u8>(this.at++) : 0;
      const letter = byte | 0x20;
      if (byte - 0x30 < 10) unit = unit * 16 + (byte - 0x30);
      else if (letter - 0x61 < 6) unit = unit * 16 + (letter - 0x57);
      else this.fail('a string holds an unknown escape');
    }
    return unit;
  }

  /** Nothing but white space may follow. */
  finish(): void {
    this.peek();
    if (!this.failed && this.at < this.end) this.fail('something follows the end');
  }
}

/** A code point as UTF-8; where it ends. Never longer than the escape that named it. */
function writePoint(to: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(to, point);
    return to + 1;
  }
  let more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  store<u8>(to++, (more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | (point >> (6 * more)));
  while (more-- > 0) store<u8>(to++, 0x80 | ((point >> (6 * more)) & 0x3f));
  return to;
}
