import { JsonScanner } from '../../lib/json-scanner';
import { parseNumber, scanNumber } from '../../lib/parse-number';
import { Slice } from '../../lib/slice';

export const enum Token {
  End,
  /** A keyword or a column. */
  Word,
  /** A column in double quotes. */
  Name,
  /** In single quotes. */
  Text,
  Number,
  /** One of ( ) , * = != < <= > >= */
  Sign,
}

/** Cuts a query into tokens. Errors go to the scanner that read the query. */
export class Lexer {
  kind: Token = Token.End;
  token: Slice = new Slice(0, 0);
  private at: usize;

  constructor(
    private scanner: JsonScanner,
    private query: Slice,
  ) {
    this.at = query.start;
    this.next();
  }

  fail(message: string): void {
    if (this.kind == Token.End) this.scanner.refuse('the query ends where it should not: ' + message);
    else if (!this.scanner.failed) {
      this.scanner.refuse('is where the query should not have it: ' + message);
      this.scanner.about = this.token;
    }
    this.at = this.query.end;
    this.kind = Token.End;
  }

  next(): void {
    const end = this.query.end;
    while (this.at < end && load<u8>(this.at) <= 0x20) this.at++;
    const start = this.at;
    if (start == end) {
      this.kind = Token.End;
      return;
    }
    const byte = load<u8>(start);
    const number = scanNumber(start, end);
    if (byte == 0x22 || byte == 0x27) return this.quoted(byte);
    if (number > 0) {
      this.kind = Token.Number;
      this.at = number;
    } else if (isWordByte(byte)) {
      this.kind = Token.Word;
      while (this.at < end && isWordByte(load<u8>(this.at))) this.at++;
    } else {
      this.kind = Token.Sign;
      this.at++;
      const isPair = this.at < end && load<u8>(this.at) == 0x3d && (byte == 0x21 || byte == 0x3c || byte == 0x3e);
      if (isPair) this.at++;
    }
    this.token = new Slice(start, this.at);
    if (number > 0 && !isFinite(parseNumber(start, number))) this.fail('the number is too large');
  }

  /** A quote inside is written twice. */
  private quoted(quote: u8): void {
    const start = ++this.at;
    let to = start;
    for (; this.at < this.query.end; this.at++) {
      const byte = load<u8>(this.at);
      if (byte == quote) {
        const isDouble = this.at + 1 < this.query.end && load<u8>(this.at + 1) == quote;
        if (!isDouble) break;
        this.at++;
      }
      store<u8>(to++, byte);
    }
    this.kind = quote == 0x22 ? Token.Name : Token.Text;
    this.token = new Slice(start, to);
    if (this.at++ >= this.query.end) this.fail('a quote does not end');
  }

  /** Whether a word stands before a bracket. */
  opensBracket(): bool {
    let at = this.at;
    while (at < this.query.end && load<u8>(at) <= 0x20) at++;
    return this.kind == Token.Word && at < this.query.end && load<u8>(at) == 0x28;
  }

  /** Whether the token is this keyword (small letters), in whatever case. Does not take it. */
  is(keyword: string): bool {
    if (this.kind != Token.Word || this.token.length != (keyword.length as usize)) return false;
    for (let i = 0; i < keyword.length; i++) {
      if ((load<u8>(this.token.start + i) | 0x20) != (keyword.charCodeAt(i) as u8)) return false;
    }
    return true;
  }

  /** Takes the keyword if it is there. */
  take(keyword: string): bool {
    if (!this.is(keyword)) return false;
    this.next();
    return true;
  }

  /** Takes the sign if it is there. */
  sign(sign: string): bool {
    if (this.kind != Token.Sign || !this.token.is(sign)) return false;
    this.next();
    return true;
  }

  expect(isThere: bool, what: string): void {
    if (!isThere) this.fail(what);
  }
}

function isWordByte(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 26 || byte == 0x5f || byte == 0x2e || byte >= 0x80;
}
