import { ByteWriter } from '../../lib/bytes';
import { JsonScanner } from '../../lib/json-scanner';
import { writeSlice, writeSlices } from '../../lib/json-writer';
import { writeNumber } from '../../lib/format-number';
import { Slice } from '../../lib/slice';
import { bytesOf, Cell, compareCells, kindOf, MISSING, NUMBER, numberOf, TEXT } from './cell';
import { group } from './group';
import { Item, Query } from './query';
import { Table } from './table';

/** Runs the query: where, group, order, offset, limit, select. */
export class Answer {
  matched: i32 = 0;
  private rows: i32[] = [];
  private columns: i32[] = [];
  private names: Slice[] = [];

  constructor(
    private table: Table,
    query: Query,
    scanner: JsonScanner,
  ) {
    for (let row = 0; row < table.rows; row++) {
      if (query.condition === null || query.condition!.holds(table, row)) this.rows.push(row);
    }
    this.matched = this.rows.length;
    const grouped = query.isGrouped;
    if (grouped) {
      this.table = group(table, this.rows, query, scanner);
      this.rows = [];
      for (let row = 0; row < this.table.rows; row++) this.rows.push(row);
    }
    for (let i = 0; i < query.items.length; i++) {
      this.columns.push(grouped ? i : query.items[i].column);
      this.names.push(query.items[i].name);
    }
    for (let i = query.orders.length - 1; i >= 0; i--) {
      const column = this.columnNamed(query.orders[i].name, query.items);
      if (column < 0) {
        scanner.refuse('is no column to order by');
        scanner.about = query.orders[i].name;
      } else this.sort(0, this.rows.length, column, query.orders[i].descending);
    }
    this.rows = this.rows.slice(min(query.offset, this.rows.length));
    this.rows = this.rows.slice(0, min(query.limit, this.rows.length));
  }

  /** A column of the answer, or else of the table. */
  private columnNamed(name: Slice, items: Item[]): i32 {
    const found = new Table();
    for (let i = 0; i < items.length; i++) found.names.push(items[i].name);
    const item = found.find(name);
    return item >= 0 ? this.columns[item] : this.table.find(name);
  }

  /** Merge sort, so that rows that are equal here stay in their order. */
  private sort(from: i32, to: i32, column: i32, descending: bool): void {
    if (to - from < 2) return;
    const middle = (from + to) >> 1;
    this.sort(from, middle, column, descending);
    this.sort(middle, to, column, descending);
    const left = this.rows.slice(from, middle);
    let i = 0;
    let j = middle;
    for (let at = from; i < left.length; at++) {
      const isRight =
        j < to && order(this.table.cell(left[i], column), this.table.cell(this.rows[j], column), descending) > 0;
      this.rows[at] = isRight ? this.rows[j++] : left[i++];
    }
  }

  /** `{"columns":[…],"matched":n,"rows":[[…],…]}` */
  writeJson(out: ByteWriter): void {
    out.ascii('{"columns":');
    writeSlices(out, this.names);
    out.ascii(',"matched":');
    out.integer(this.matched);
    out.ascii(',"rows":[');
    for (let r = 0; r < this.rows.length; r++) {
      out.ascii(r > 0 ? ',[' : '[');
      for (let i = 0; i < this.columns.length; i++) {
        if (i > 0) out.u8(0x2c);
        const cell = this.table.cell(this.rows[r], this.columns[i]);
        if (kindOf(cell) == MISSING) out.ascii('null');
        else if (kindOf(cell) == TEXT) writeSlice(out, bytesOf(cell));
        else writePlain(out, cell);
      }
      out.u8(0x5d);
    }
    out.ascii(']}');
  }

  /** RFC 4180 with a header line; what is missing is empty. */
  writeCsv(out: ByteWriter): void {
    for (let i = 0; i < this.names.length; i++) writeField(out, this.names[i], i);
    out.ascii('\r\n');
    for (let r = 0; r < this.rows.length; r++) {
      for (let i = 0; i < this.columns.length; i++) {
        const cell = this.table.cell(this.rows[r], this.columns[i]);
        if (kindOf(cell) == NUMBER) {
          if (i > 0) out.u8(0x2c);
          writePlain(out, cell);
        } else writeField(out, bytesOf(cell), i);
      }
      out.ascii('\r\n');
    }
  }
}

/** Numbers before flags and texts; what is missing comes last either way. */
function order(a: Cell, b: Cell, descending: bool): i32 {
  if (kindOf(a) == MISSING || kindOf(b) == MISSING)
    return (kindOf(a) == MISSING ? 1 : 0) - (kindOf(b) == MISSING ? 1 : 0);
  let order = (kindOf(a) == NUMBER ? 0 : 1) - (kindOf(b) == NUMBER ? 0 : 1);
  if (order == 0) order = compareCells(a, b);
  return descending ? -order : order;
}

function writePlain(out: ByteWriter, cell: Cell): void {
  if (kindOf(cell) == NUMBER) return writeNumber(out, numberOf(cell));
  const bytes = bytesOf(cell);
  out.bytes(bytes.start, bytes.length);
}

function writeField(out: ByteWriter, text: Slice, place: i32): void {
  if (place > 0) out.u8(0x2c);
  let plain = true;
  for (let at = text.start; at < text.end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x22 || byte == 0x2c || byte == 0x0a || byte == 0x0d) plain = false;
  }
  if (plain) return out.bytes(text.start, text.length);
  out.u8(0x22);
  for (let at = text.start; at < text.end; at++) {
    if (load<u8>(at) == 0x22) out.u8(0x22);
    out.u8(load<u8>(at));
  }
  out.u8(0x22);
}
