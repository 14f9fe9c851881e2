import { ByteWriter } from '../../lib/bytes';
import { Kind } from '../../lib/json-scanner';
import { compareUtf16, JsonValue, writeValue } from '../../lib/json-tree';
import { writeCharacters } from '../../lib/json-writer';
import { EditScript } from '../../lib/myers';
import { Slice } from '../../lib/slice';
import { Numberer } from './numberer';

/** Writes the operations add, remove and replace, in the order in which they are to be applied. */
export class Patch {
  private out: ByteWriter = new ByteWriter(4096);
  /** The pointer (RFC 6901) to where the comparison stands. */
  private path: ByteWriter = new ByteWriter(256);
  private count: i32 = 0;

  between(before: JsonValue, after: JsonValue): ByteWriter {
    this.out.u8(0x5b);
    this.compare(before, after);
    this.out.u8(0x5d);
    return this.out;
  }

  private compare(before: JsonValue, after: JsonValue): void {
    if (before.equals(after)) return;
    if (before.kind != after.kind || before.kind < Kind.Array) this.operation('replace', after);
    else if (before.kind == Kind.Object) this.compareMembers(before, after);
    else this.compareItems(before, after);
  }

  /** Both have their keys in the same order, so one walk finds what is gone, new or in both. */
  private compareMembers(before: JsonValue, after: JsonValue): void {
    let i = 0;
    let j = 0;
    while (i < before.keys.length || j < after.keys.length) {
      const order =
        i == before.keys.length ? 1 : j == after.keys.length ? -1 : compareUtf16(before.keys[i], after.keys[j]);
      const mark = this.enter(order <= 0 ? before.keys[i] : after.keys[j]);
      if (order < 0) this.operation('remove', null);
      else if (order > 0) this.operation('add', after.items[j]);
      else this.compare(before.items[i], after.items[j]);
      this.path.length = mark;
      if (order <= 0) i++;
      if (order >= 0) j++;
    }
  }

  /** Items that both lists have stay; between them, one against one is compared, and the rest removed or added. */
  private compareItems(before: JsonValue, after: JsonValue): void {
    const numberer = new Numberer(before.items.length + after.items.length);
    const script = new EditScript(numberer.numbers(before.items), numberer.numbers(after.items));
    let i = 0;
    let j = 0;
    while (i < before.items.length || j < after.items.length) {
      const gone = i < before.items.length && script.removed[i];
      const isNew = j < after.items.length && script.added[j];
      const mark = this.enterIndex(j);
      if (gone && isNew) this.compare(before.items[i], after.items[j]);
      else if (gone) this.operation('remove', null);
      else if (isNew) this.operation('add', after.items[j]);
      this.path.length = mark;
      if (gone || !isNew) i++;
      if (isNew || !gone) j++;
    }
  }

  private operation(name: string, value: JsonValue | null): void {
    const out = this.out;
    if (this.count++ > 0) out.u8(0x2c);
    out.ascii('{"op":"');
    out.ascii(name);
    out.ascii('","path":"');
    writeCharacters(out, this.path.start, this.path.start + this.path.length);
    out.u8(0x22);
    if (value !== null) {
      out.ascii(',"value":');
      writeValue(out, value);
    }
    out.u8(0x7d);
  }

  /** Goes down to a member; answers the length to go back to. */
  private enter(key: Slice): usize {
    const mark = this.path.length;
    this.path.u8(0x2f);
    for (let at = key.start; at < key.end; at++) {
      const byte = load<u8>(at);
      if (byte == 0x7e) this.path.ascii('~0');
      else if (byte == 0x2f) this.path.ascii('~1');
      else this.path.u8(byte);
    }
    return mark;
  }

  private enterIndex(index: i32): usize {
    const mark = this.path.length;
    this.path.u8(0x2f);
    this.path.integer(index);
    return mark;
  }
}
