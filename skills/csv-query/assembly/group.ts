import { ByteWriter } from '../../lib/bytes';
import { writeNumber } from '../../lib/format-number';
import { Interner } from '../../lib/intern';
import { JsonScanner } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';
import { bytesOf, Cell, cellOf, kindOf, MISSING, NUMBER, numberOf } from './cell';
import { Figure, Item, Query } from './query';
import { Table } from './table';

/** What is known of one item in one group so far. */
class Tally {
  present: i32 = 0;
  numbers: i32 = 0;
  smallest: f64 = Infinity;
  largest: f64 = -Infinity;
  private sum: f64 = 0;
  /** What rounding took from the sum (Neumaier 1974). */
  private lost: f64 = 0;

  add(cell: Cell): void {
    if (kindOf(cell) == MISSING) return;
    this.present++;
    if (kindOf(cell) != NUMBER) return;
    const value = numberOf(cell);
    this.numbers++;
    this.smallest = min(this.smallest, value);
    this.largest = max(this.largest, value);
    const sum = this.sum + value;
    this.lost += abs(this.sum) >= abs(value) ? this.sum - sum + value : value - sum + this.sum;
    this.sum = sum;
  }

  /** Missing where there is no number to tell of, or the sum is too large. */
  cell(figure: Figure, rows: i32): Cell {
    let value: f64 = rows < 0 ? this.present : rows;
    if (figure != Figure.Count) {
      if (this.numbers == 0) return MISSING;
      value = this.sum + this.lost;
      if (figure == Figure.Mean) value /= this.numbers;
      else if (figure == Figure.Min) value = this.smallest;
      else if (figure == Figure.Max) value = this.largest;
    }
    if (!isFinite(value)) return MISSING;
    const text = new ByteWriter(32);
    writeNumber(text, value);
    return cellOf(NUMBER, text.start, text.start + text.length);
  }
}

/** A table with a row for each group, in the order in which they first come; its columns are the query's items. */
export function group(table: Table, rows: i32[], query: Query, scanner: JsonScanner): Table {
  const items = query.items;
  for (let i = 0; i < items.length; i++) {
    if (items[i].figure != Figure.None || query.groups.includes(items[i].column)) continue;
    scanner.refuse('is selected, but it is neither a figure nor grouped by');
    scanner.about = items[i].name;
    return new Table();
  }
  const groups = new Interner();
  const firsts: i32[] = [];
  const counts: i32[] = [];
  const tallies: Tally[] = [];
  // Without columns to group by there is one group, even of no rows.
  if (query.groups.length == 0) open(-1, items, firsts, counts, tallies);
  for (let r = 0; r < rows.length; r++) {
    const number = groups.number(keyOf(table, rows[r], query.groups));
    if (number == counts.length) open(rows[r], items, firsts, counts, tallies);
    counts[number]++;
    for (let i = 0; i < items.length; i++) {
      if (items[i].column >= 0) tallies[number * items.length + i].add(table.cell(rows[r], items[i].column));
    }
  }
  const out = new Table();
  for (let i = 0; i < items.length; i++) out.names.push(items[i].name);
  for (let number = 0; number < counts.length; number++) {
    out.beginRow();
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      const tally = tallies[number * items.length + i];
      if (item.figure == Figure.None) out.put(i, table.cell(firsts[number], item.column));
      else out.put(i, tally.cell(item.figure, item.column < 0 ? counts[number] : -1));
    }
  }
  return out;
}

function open(first: i32, items: Item[], firsts: i32[], counts: i32[], tallies: Tally[]): void {
  firsts.push(first);
  counts.push(0);
  for (let i = 0; i < items.length; i++) tallies.push(new Tally());
}

/** Equal for rows of one group: kind and length before the bytes, numbers by value. */
function keyOf(table: Table, row: i32, columns: i32[]): Slice {
  const key = new ByteWriter(16);
  for (let i = 0; i < columns.length; i++) {
    const cell = table.cell(row, columns[i]);
    const bytes = bytesOf(cell);
    key.u8(0x30 + kindOf(cell));
    if (kindOf(cell) == NUMBER) {
      writeNumber(key, numberOf(cell));
      key.u8(0x20);
      continue;
    }
    key.integer(bytes.length);
    key.u8(0x20);
    key.bytes(bytes.start, bytes.length);
  }
  return new Slice(key.start, key.start + key.length);
}
