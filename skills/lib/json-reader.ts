import { parseNumber, scanNumber } from './parse-number';

/** More would be a matrix that no skill's memory holds. */
const MAX_ITEMS: i32 = 1 << 26;

/**
 * Pulls values out of JSON text (RFC 8259, UTF-8 already checked) in the order in which they come. The first thing that
 * is wrong is kept in `error`; from then on every method answers emptily and at once, so callers check once at the end.
 * Keys that the caller does not know are its to refuse: there is no way to skip a value, and so no depth to bound.
 */
export class JsonReader {
  error: string = '';
  private at: usize;
  private end: usize;
  private start: usize;
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

  fail(message: string): void {
    if (!this.failed) this.error = message + ' (at byte ' + (this.at - this.start).toString() + ')';
    this.at = this.end;
  }

  /** For flaws of meaning, which have no byte. */
  refuse(message: string): void {
    if (!this.failed) this.error = message;
    this.at = this.end;
  }

  private peek(): u32 {
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

  beginObject(): void {
    if (!this.take(0x7b)) this.fail('expected an object');
    this.first = true;
  }

  /** The next key of the object, or null at its end. */
  nextKey(): string | null {
    if (!this.more(0x7d)) return null;
    const key = this.text();
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

  /** A finite number. */
  number(): f64 {
    this.peek();
    const stop = this.failed ? 0 : scanNumber(this.at, this.end);
    if (stop == 0) {
      this.fail('expected a number');
      return 0;
    }
    const value = parseNumber(this.at, stop);
    if (!isFinite(value)) this.fail('a number is too large');
    else this.at = stop;
    return value;
  }

  /** A whole number from 0 to `most`. */
  natural(most: i32): i32 {
    const value = this.number();
    if (this.failed) return 0;
    if (value == floor(value) && value >= 0 && value <= (most as f64)) return value as i32;
    this.fail('expected a whole number from 0 to ' + most.toString());
    return 0;
  }

  text(): string {
    if (!this.take(0x22)) {
      this.fail('expected a string');
      return '';
    }
    let text = '';
    let plain = this.at;
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte < 0x20) break;
      if (byte != 0x22 && byte != 0x5c) {
        this.at++;
        continue;
      }
      text += String.UTF8.decodeUnsafe(plain, this.at - plain);
      this.at++;
      if (byte == 0x22) return this.wellFormed(text);
      text += this.escape();
      plain = this.at;
    }
    this.fail('a string does not end');
    return '';
  }

  private escape(): string {
    const byte: u32 = this.at < this.end ? load<u8>(this.at++) : 0;
    switch (byte) {
      case 0x22:
      case 0x5c:
      case 0x2f:
        return String.fromCharCode(byte);
      case 0x62:
        return '\b';
      case 0x66:
        return '\f';
      case 0x6e:
        return '\n';
      case 0x72:
        return '\r';
      case 0x74:
        return '\t';
      case 0x75:
        return this.unit();
      default:
        this.fail('a string holds an unknown escape');
        return '';
    }
  }

  private unit(): string {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const byte: u32 = this.at < this.end ? load<u8>(this.at++) : 0;
      const letter = byte | 0x20;
      if (byte - 0x30 < 10) unit = unit * 16 + (byte - 0x30);
      else if (letter - 0x61 < 6) unit = unit * 16 + (letter - 0x57);
      else this.fail('a string holds an unknown escape');
    }
    return String.fromCharCode(unit);
  }

  private wellFormed(text: string): string {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i) & 0xfc00;
      if (unit != 0xd800 && unit != 0xdc00) continue;
      if (unit == 0xd800 && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) == 0xdc00) i++;
      else this.fail('a string holds half a character');
    }
    return text;
  }

  texts(): string[] {
    const texts: string[] = [];
    this.beginArray();
    while (this.nextItem()) texts.push(this.text());
    return texts;
  }

  numbers(): StaticArray<f64> {
    const list = new NumberList();
    this.beginArray();
    while (this.nextItem()) list.push(this.number());
    return list.items();
  }

  /** Nothing but white space may follow. */
  finish(): void {
    this.peek();
    if (!this.failed && this.at < this.end) this.fail('something follows the end');
  }

  /** Rows of numbers that are all as long as the first. */
  matrix(): Matrix {
    const list = new NumberList();
    let rows = 0;
    let columns = 0;
    this.beginArray();
    while (this.nextItem()) {
      const before = list.length;
      this.beginArray();
      while (this.nextItem()) list.push(this.number());
      const width = list.length - before;
      if (rows == 0) columns = width;
      if (!this.failed && width != columns) {
        this.refuse(
          'row ' + (rows + 1).toString() + ' has ' + width.toString() + ' numbers, the first ' + columns.toString(),
        );
      }
      rows++;
      if (list.length > MAX_ITEMS) this.refuse('too many numbers');
    }
    return new Matrix(list.items(), rows, columns);
  }
}

export class Matrix {
  constructor(
    /** Row after row. */
    public values: StaticArray<f64>,
    public rows: i32,
    public columns: i32,
  ) {}
}

/** Grows in place while nothing else is allocated (`__renew` extends the last block), so a large matrix is there once. */
class NumberList {
  length: i32 = 0;
  private store: StaticArray<f64> = new StaticArray<f64>(64);

  push(value: f64): void {
    if (this.length == this.store.length) this.resize(this.length * 2);
    unchecked((this.store[this.length++] = value));
  }

  items(): StaticArray<f64> {
    this.resize(this.length);
    return this.store;
  }

  private resize(length: i32): void {
    this.store = changetype<StaticArray<f64>>(__renew(changetype<usize>(this.store), (length as usize) << 3));
  }
}
