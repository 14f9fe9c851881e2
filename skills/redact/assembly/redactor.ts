import { ByteWriter } from '../../lib/bytes';
import { Interner } from '../../lib/intern';
import { Slice } from '../../lib/slice';
import { card, email, iban, phone } from './find';
import { ip } from './ip';
import { isWordByte } from './letters';

/** In the order of their names. A name's place is its number. */
export const KINDS: StaticArray<string> = ['card', 'email', 'iban', 'ip', 'phone'];
const LETTERS: StaticArray<string> = ['[CARD_', '[EMAIL_', '[IBAN_', '[IP_', '[PHONE_'];

/** Copies a text, with what is personal replaced. */
export class Redactor {
  /** Which are looked for, as bits. */
  kinds: i32 = 31;
  /** Each character becomes `*`; otherwise the whole becomes `[KIND_n]`, the same n for the same text. */
  mask: bool = false;
  counts: StaticArray<i32> = new StaticArray<i32>(5);
  private tokens: Interner[] = [];

  redact(text: Slice): ByteWriter {
    for (let kind = 0; kind < KINDS.length; kind++) this.tokens.push(new Interner());
    const out = new ByteWriter(text.length + 64);
    for (let at = text.start; at < text.end;) {
      // Nothing personal starts in the middle of a word.
      const isStart = at == text.start || !isWordByte(load<u8>(at - 1));
      const length = isStart ? this.find(out, at, text.end) : 0;
      if (length == 0) out.u8(load<u8>(at++));
      else at += length;
    }
    return out;
  }

  /** The length of what was found at `at` and has been replaced, or 0. The order settles what could be two things. */
  private find(out: ByteWriter, at: usize, end: usize): usize {
    let length = this.wants(1) ? email(at, end) : 0;
    if (length > 0) return this.replace(out, 1, at, length);
    length = this.wants(2) ? iban(at, end) : 0;
    if (length > 0) return this.replace(out, 2, at, length);
    length = this.wants(3) ? ip(at, end) : 0;
    if (length > 0) return this.replace(out, 3, at, length);
    length = this.wants(0) ? card(at, end) : 0;
    if (length > 0) return this.replace(out, 0, at, length);
    length = this.wants(4) ? phone(at, end) : 0;
    return length > 0 ? this.replace(out, 4, at, length) : 0;
  }

  private wants(kind: i32): bool {
    return ((this.kinds >> kind) & 1) != 0;
  }

  private replace(out: ByteWriter, kind: i32, at: usize, length: usize): usize {
    this.counts[kind]++;
    if (this.mask) {
      for (let i: usize = 0; i < length; i++) out.u8(0x2a);
      return length;
    }
    out.ascii(LETTERS[kind]);
    out.integer(this.tokens[kind].number(new Slice(at, at + length)) + 1);
    out.u8(0x5d);
    return length;
  }
}
