import { ByteWriter } from '../../lib/bytes';
import { Interner } from '../../lib/intern';
import { writeCharacters, writeKey } from '../../lib/json-writer';
import { EditScript } from '../../lib/myers';

/** Walks the two texts side by side and writes what changed, with the lines around it. */
export class Hunks {
  added: i32 = 0;
  removed: i32 = 0;
  private i: i32 = 0;
  private j: i32 = 0;
  private lines: ByteWriter = new ByteWriter(256);

  constructor(
    private before: StaticArray<i32>,
    private after: StaticArray<i32>,
    private script: EditScript,
    private interner: Interner,
    private context: i32,
  ) {
    for (let i = 0; i < before.length; i++) if (script.removed[i]) this.removed++;
    for (let j = 0; j < after.length; j++) if (script.added[j]) this.added++;
  }

  /** Goes to the next change; whether there is one. */
  private seek(): bool {
    while (this.i < this.before.length && this.j < this.after.length && !this.changed()) {
      this.i++;
      this.j++;
    }
    return this.i < this.before.length || this.j < this.after.length;
  }

  private changed(): bool {
    const gone = this.i < this.before.length && this.script.removed[this.i];
    return gone || (this.j < this.after.length && this.script.added[this.j]);
  }

  /** Writes all hunks, as JSON items or as text. */
  write(out: ByteWriter, unified: bool): void {
    let first = true;
    while (this.seek()) {
      if (!unified && !first) out.u8(0x2c);
      first = false;
      this.hunk(out, unified);
    }
  }

  private hunk(out: ByteWriter, unified: bool): void {
    const lead = min(this.context, this.i);
    this.i -= lead;
    this.j -= lead;
    const i = this.i;
    const j = this.j;
    this.lines.length = 0;
    this.equal(lead, unified);
    while (true) {
      while (this.changed()) this.change(unified);
      const gap = this.gap();
      const last = this.i + gap == this.before.length && this.j + gap == this.after.length;
      if (last || gap > 2 * this.context) {
        this.equal(min(gap, this.context), unified);
        break;
      }
      this.equal(gap, unified);
    }
    const before = this.i - i;
    const after = this.j - j;
    // As in unified diffs, a hunk without lines on one side starts after the line before it.
    const from = before == 0 ? i : i + 1;
    const to = after == 0 ? j : j + 1;
    if (unified) {
      out.ascii('@@ -');
      writeRange(out, from, before);
      out.ascii(' +');
      writeRange(out, to, after);
      out.ascii(' @@\n');
      out.bytes(this.lines.start, this.lines.length);
      return;
    }
    writeKey(out, 'after_lines', true);
    out.integer(after);
    writeKey(out, 'after_start');
    out.integer(to);
    writeKey(out, 'before_lines');
    out.integer(before);
    writeKey(out, 'before_start');
    out.integer(from);
    writeKey(out, 'lines');
    out.u8(0x5b);
    out.bytes(this.lines.start, this.lines.length);
    out.ascii(']}');
  }

  /** How many lines are equal from here on. */
  private gap(): i32 {
    const i = this.i;
    const j = this.j;
    this.seek();
    const gap = this.i - i;
    this.i = i;
    this.j = j;
    return gap;
  }

  private equal(count: i32, unified: bool): void {
    for (; count > 0; count--) {
      this.put(0x20, this.before[this.i++], unified);
      this.j++;
    }
  }

  private change(unified: bool): void {
    const gone = this.i < this.before.length && this.script.removed[this.i];
    if (gone) this.put(0x2d, this.before[this.i++], unified);
    else this.put(0x2b, this.after[this.j++], unified);
  }

  private put(sign: u8, number: i32, unified: bool): void {
    const line = this.interner.get(number);
    const open = load<u8>(line.end - 1) != 0x0a;
    const end = open ? line.end : line.end - 1;
    const out = this.lines;
    if (unified) {
      out.u8(sign);
      out.bytes(line.start, end - line.start);
      out.u8(0x0a);
      if (open) out.ascii('\\ No newline at end of file\n');
      return;
    }
    if (out.length > 0) out.u8(0x2c);
    out.u8(0x22);
    out.u8(sign);
    writeCharacters(out, line.start, end);
    out.u8(0x22);
    if (open) out.ascii(',"\\\\ No newline at end of file"');
  }
}

/** `start,count`, or `start` alone for one line. */
function writeRange(out: ByteWriter, start: i32, count: i32): void {
  out.integer(start);
  if (count == 1) return;
  out.u8(0x2c);
  out.integer(count);
}
