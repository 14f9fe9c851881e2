import { isWord } from './bytes';
import { decimal } from './decimal';
/**
 * Reads CSV (RFC 4180; line ends CRLF, LF or CR, of which those at the end of the file do not count) field by field,
 * without copying any. After `next()` the field is the
 * bytes from `start` to `end`; where `escaped`, its doubled quotes are still doubled.
 */
export class CsvReader {
  start: usize = 0;
  end: usize = 0;
  escaped: bool = false;
  quoted: bool = false;
  /** The field was its record's last. */
  lastInRecord: bool = false;
  /** Of the field, counting from 1. */
  line: i32 = 1;
  error: string = '';
  /** What stands between fields: a comma unless it is set before the first. */
  separator: u8 = 0x2c;
  private at: usize;
  private stop: usize;
  private nextLine: i32 = 1;

  constructor(start: usize, length: usize) {
    this.at = start;
    this.stop = start + length;
    const hasMark =
      length >= 3 && load<u8>(start) == 0xef && load<u8>(start + 1) == 0xbb && load<u8>(start + 2) == 0xbf;
    if (hasMark) this.at += 3;
    while (this.stop > this.at && (load<u8>(this.stop - 1) == 0x0a || load<u8>(this.stop - 1) == 0x0d)) this.stop--;
  }

  /** Whether there is another record. */
  get more(): bool {
    return this.at < this.stop && this.error.length == 0;
  }

  next(): void {
    this.line = this.nextLine;
    this.escaped = false;
    this.quoted = this.at < this.stop && load<u8>(this.at) == 0x22;
    if (this.quoted) this.readQuoted();
    else this.readPlain();
    this.readSeparator();
  }

  private readPlain(): void {
    this.start = this.at;
    for (; this.at < this.stop; this.at++) {
      const byte = load<u8>(this.at);
      if (byte == this.separator || byte == 0x0a || byte == 0x0d) break;
      if (byte == 0x22)
        this.error = 'line ' + decimal(this.line) + ': a quote stands inside a field that does not start with one';
    }
    this.end = this.at;
  }

  private readQuoted(): void {
    this.start = ++this.at;
    for (; this.at < this.stop; this.at++) {
      const byte = load<u8>(this.at);
      if (byte == 0x0a) this.nextLine++;
      if (byte != 0x22) continue;
      if (this.at + 1 < this.stop && load<u8>(this.at + 1) == 0x22) {
        this.escaped = true;
        this.at++;
        continue;
      }
      this.end = this.at++;
      return;
    }
    this.end = this.at;
    this.error = 'line ' + decimal(this.line) + ': a quoted field does not end';
  }

  private readSeparator(): void {
    this.lastInRecord = true;
    if (this.at >= this.stop) return;
    const byte = load<u8>(this.at++);
    if (byte == this.separator) this.lastInRecord = false;
    else if (byte == 0x0a || byte == 0x0d) {
      if (byte == 0x0d && this.at < this.stop && load<u8>(this.at) == 0x0a) this.at++;
      this.nextLine++;
    } else if (this.error.length == 0) {
      this.error = 'line ' + decimal(this.line) + ': something follows a quoted field';
    }
  }
}

/** Whether a field says that there is no value. */
export function isMissing(start: usize, end: usize): bool {
  return (
    start == end ||
    isWord(start, end, 'NA') ||
    isWord(start, end, 'N/A') ||
    isWord(start, end, 'NaN') ||
    isWord(start, end, 'null')
  );
}

/** Takes the doubling from a quoted field's quotes, in place; its new end. */
export function unescapeField(start: usize, end: usize): usize {
  let to = start;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    store<u8>(to++, byte);
    if (byte == 0x22) at++;
  }
  return to;
}
