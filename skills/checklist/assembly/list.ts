import { ByteWriter } from '../../lib/bytes';
import { writeKey, writeSlice } from '../../lib/json-writer';
import { Slice } from '../../lib/slice';

export class Item {
  constructor(
    public text: Slice,
    public done: bool,
  ) {}
}

export class List {
  title: Slice = new Slice(0, 0);
  items: Item[] = [];

  get done(): i32 {
    let done = 0;
    for (let i = 0; i < this.items.length; i++) if (this.items[i].done) done++;
    return done;
  }

  /** `{"done","items","markdown","percent","title","total"}` */
  writeJson(out: ByteWriter): void {
    const total = this.items.length;
    writeKey(out, 'done', true);
    out.integer(this.done);
    writeKey(out, 'items');
    out.u8(0x5b);
    for (let i = 0; i < total; i++) {
      if (i > 0) out.u8(0x2c);
      out.ascii(this.items[i].done ? '{"done":true' : '{"done":false');
      writeKey(out, 'text');
      writeSlice(out, this.items[i].text);
      out.u8(0x7d);
    }
    out.u8(0x5d);
    const markdown = new ByteWriter(1024);
    this.writeMarkdown(markdown);
    writeKey(out, 'markdown');
    writeSlice(out, new Slice(markdown.start, markdown.start + markdown.length));
    writeKey(out, 'percent');
    out.integer(total == 0 ? 0 : (this.done * 100) / total);
    writeKey(out, 'title');
    writeSlice(out, this.title);
    writeKey(out, 'total');
    out.integer(total);
    out.u8(0x7d);
  }

  private writeMarkdown(out: ByteWriter): void {
    if (this.title.length > 0) {
      out.ascii('# ');
      out.bytes(this.title.start, this.title.length);
      out.ascii('\n\n');
    }
    for (let i = 0; i < this.items.length; i++) {
      out.ascii(this.items[i].done ? '- [x] ' : '- [ ] ');
      out.bytes(this.items[i].text.start, this.items[i].text.length);
      out.u8(0x0a);
    }
  }
}
